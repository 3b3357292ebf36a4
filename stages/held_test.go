package stages_test

import (
	"maps"
	"testing"

	"github.com/loramerge/loramerge/stages"
)

// TestHeldApart: a delta held as a product and a dense one are numbers of one kind;
// what is made of one of each is what two dense ones make.
func TestHeldApart(t *testing.T) {
	for _, kind := range stages.All {
		dense, product := exampleInputs(t, "dense", normal), exampleInputs(t, "product", normal)
		if !accepts(t, kind.Example, dense) {
			continue
		}
		t.Run(kind.Name, func(t *testing.T) {
			want := play(t, dense, "m: "+kind.Example)
			for _, name := range []string{"python", "sql"} {
				inputs := maps.Clone(dense)
				inputs[name] = product[name]
				got := play(t, inputs, "m: "+kind.Example)
				checkFlow(t, kind, inputs, got)
				if kind.Name == "load" || kind.Name == "factor" {
					continue // the latter has one input, and splits W another way
				}
				compareClose(t, got, want)
			}
		})
	}
}

// compareClose allows for the rounding of a product that is multiplied out.
func compareClose(t *testing.T, got, want flow) {
	t.Helper()
	for _, module := range want.Union() {
		for i, p := range want.value(module) {
			g, w := tensors(got.Space, got.value(module)[i])[0], tensors(want.Space, p)[0]
			if e := far(g, w); !(e <= 1e-6) {
				t.Errorf("%s of %s differs by %g", module, p.Adapter, e)
			}
		}
	}
}
