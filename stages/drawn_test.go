package stages_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/stages"
	"pgregory.net/rapid"
)

// drawn are adapters of one rank, scale and set of modules, in one space.
type drawn struct {
	names []string
	flows map[string]flow
}

// drawAdapters draws n adapters. Their modules have up to 9 rows and columns, so that
// ties, empty keeps and single elements are common.
func drawAdapters(t *rapid.T, n int, fill func(seed uint64) func([]float32)) drawn {
	var modules []shape
	size := rapid.IntRange(1, 9)
	for i := range rapid.IntRange(1, 3).Draw(t, "modules") {
		modules = append(modules, shape{fmt.Sprintf("layers.%d.proj", i), adapter.Linear, size.Draw(t, "out"), size.Draw(t, "in")})
	}
	k := kindOf{shapes: modules, rank: rapid.IntRange(1, 4).Draw(t, "rank"), scale: 2, dtype: adapter.F32}
	held := rapid.SampledFrom(ways).Draw(t, "held")
	d := drawn{flows: make(map[string]flow)}
	for i := range n {
		name := string(rune('a' + i))
		k.fill = fill(rapid.Uint64Range(0, 1<<20).Draw(t, "seed of "+name))
		d.names = append(d.names, name)
		d.flows[name] = k.make(name)
	}
	d.flows = brought(t, held, d.flows)
	return d
}

// brought brings adapters in factors into a space, together, as the core space needs them.
func brought(t rapid.TB, held string, flows map[string]flow) map[string]flow {
	names := slices.Sorted(maps.Keys(flows))
	list := "[" + strings.Join(names, ", ") + "]"
	var all flow
	switch held {
	case "product":
		all = play(t, flows, "as_delta: {delta: "+list+"}")
	case "dense":
		all = play(t, flows, "as_delta: {delta: "+list+"}", "as_dense: {trim: as_delta, density: 1}")
	case "core":
		all = play(t, flows, "as_core: {core: "+list+"}")
	default:
		return flows
	}
	out := make(map[string]flow)
	for i, name := range names {
		picked, _ := all.Pick(all.Names()[i])
		one := flow{picked, make(map[string]stages.Value)}
		for module, value := range all.at {
			one.at[module] = value[i : i+1]
		}
		out[name] = one
	}
	return out
}

// list is how a recipe names the adapters.
func (d drawn) list() string { return "[" + strings.Join(d.names, ", ") + "]" }

// drawWeights draws weights that float32 holds exactly, and gives them as a table too.
func (d drawn) drawWeights(t *rapid.T, from ...float64) (weights []float64, table string) {
	var entries []string
	for _, name := range d.names {
		w := rapid.SampledFrom(from).Draw(t, "weight of "+name)
		weights = append(weights, w)
		entries = append(entries, fmt.Sprintf("%s: %v", name, w))
	}
	return weights, "{" + strings.Join(entries, ", ") + "}"
}

// place is one tensor of a module: A, B, W or M.
type place struct {
	module string
	label  byte
}

// check compares every tensor that came out with what define makes of those that
// went in, computed in float64.
func (d drawn) check(t rapid.TB, got flow, tolerance float64, define func(at place, xs [][]float64) [][]float64) {
	t.Helper()
	space := d.flows[d.names[0]].Space
	for _, module := range got.Union() {
		labels := map[stages.Space]string{stages.Factors: "AB", stages.Delta: "W", stages.Core: "M"}[space]
		for j, label := range []byte(labels) {
			want := define(place{module, label}, d.at(module, j))
			for i, p := range got.value(module) {
				if e := rounding(space, p, tensors(space, p)[j], want[i]); !(e <= tolerance) {
					t.Errorf("%c of %s, adapter %d: off by %g\n%v\nwant %v", label, module, i, e, tensors(space, p)[j], want[i])
				}
			}
		}
	}
}

// rounding is far, but for a product that is held as its factors: float32 rounds these, so the
// error is relative to |B|·|A|, of which little may be left in B·A.
func rounding(space stages.Space, p stages.Part, x, want []float64) float64 {
	off, size := far(x, want), norm(want)
	if space != stages.Delta || p.A.Data == nil || size == 0 {
		return off
	}
	return off * size / max(size, norm(multiply(magnitudes(p.B), magnitudes(p.A))))
}

func magnitudes(m stages.Matrix) stages.Matrix {
	m.Data = slices.Clone(m.Data)
	for i, x := range m.Data {
		m.Data[i] = max(x, -x)
	}
	return m
}

// at are the adapters' tensors of one label at a module.
func (d drawn) at(module string, label int) [][]float64 {
	var xs [][]float64
	for _, name := range d.names {
		f := d.flows[name]
		xs = append(xs, tensors(f.Space, f.at[module][0])[label])
	}
	return xs
}

// one lifts a definition that makes one tensor of several.
func one(define func(xs [][]float64) []float64) func(place, [][]float64) [][]float64 {
	return func(_ place, xs [][]float64) [][]float64 { return [][]float64{define(xs)} }
}

// mapped is f of every element.
func mapped(x []float64, f func(float64) float64) []float64 {
	out := slices.Clone(x)
	for i := range out {
		out[i] = f(out[i])
	}
	return out
}
