package merge_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter/peft"
	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
)

// called is an adapter of the same numbers whose modules have names of another beginning.
func (f folder) called(from, to string) folder {
	out := f
	out.tensors = nil
	for _, x := range f.tensors {
		x.name = to + strings.TrimPrefix(x.name, from)
		out.tensors = append(out.tensors, x)
	}
	return out
}

// filled has its random numbers written out, so that they stay whatever it is called.
func (f folder) filled(owner string) folder {
	out := f
	out.tensors = nil
	for i, x := range f.tensors {
		x.data = numbers(owner, i, x.shape)
		out.tensors = append(out.tensors, x)
	}
	return out
}

func numbers(owner string, seed int, shape []int) []float32 {
	n := shape[0] * shape[1]
	out := make([]float32, n)
	for i := range out {
		out[i] = float32((i*31+seed*17+len(owner)*7)%23-11) / 64
	}
	return out
}

// TestRename: adapters whose names were brought together merge as those do that were called
// alike from the beginning, and the remedy of the planner is such a rename.
func TestRename(t *testing.T) {
	a, b := plain(4, 8, safetensors.F32).filled("a"), plain(4, 8, safetensors.F32).filled("bb")
	lines := []string{"m: {ties: [a, b], density: 0.5}", "o: {save: m, to: out}"}
	want := work(t, map[string]folder{"a": a, "b": b}, lines...)
	runRecipe(t, want)

	old := a.called("model.", "language_model.model.")
	path := work(t, map[string]folder{"old": old, "b": b}, "a: {load: old, rename: {language_model.model.: model.}}", "m: {ties: [a, b], density: 0.5}", "o: {save: m, to: out}")
	runRecipe(t, path)
	file := func(recipe string) string { return filepath.Join(filepath.Dir(recipe), "out", peft.WeightsFile) }
	comparePairs(t, readAll(t, file(path)), readAll(t, file(want)), 0)
	verdict, err := run.Verify(t.Context(), filepath.Join(filepath.Dir(path), "out"), "", run.Options{})
	if err != nil || !verdict.Same {
		t.Errorf("verified as %+v, %v", verdict, err)
	}

	m := onlyFault(t, work(t, map[string]folder{"a": old, "b": b}, lines...))
	for _, remedy := range []string{"load a with `rename: {language_model.model.: model.}`", "or b with `rename: {model.: language_model.model.}`"} {
		if !strings.Contains(m.Remedy, remedy) {
			t.Errorf("no %q in %v", remedy, m)
		}
	}
}

// TestRenameInOneLoad: where one load reads all the adapters, the remedy reaches the one
// that is meant alone.
func TestRenameInOneLoad(t *testing.T) {
	text, vision := plain(4, 8, safetensors.F32).filled("a"), plain(4, 8, safetensors.F32).filled("b").called("model.", "model.language_model.")
	adapters := map[string]folder{"text": text, "vision": vision}
	m := onlyFault(t, work(t, adapters, "both: {load: {x: text, y: vision}}", "m: {sum: both}", "o: {save: m, to: out}"))
	const remedy = "rename: {model.layers.: model.language_model.layers.}"
	if !strings.Contains(m.Remedy, "load x with `"+remedy+"`") {
		t.Fatalf("%v", m)
	}
	path := work(t, adapters, "both: {load: {x: text, y: vision}, "+remedy+"}", "m: {sum: both}", "o: {save: m, to: out}")
	runRecipe(t, path)
	for _, module := range saved(t, path).Modules {
		if !strings.HasPrefix(module.Name, "model.language_model.layers.") {
			t.Errorf("there is a module %q", module.Name)
		}
	}
}

// TestRenameChangesTheName: what is renamed is another result.
func TestRenameChangesTheName(t *testing.T) {
	adapters := map[string]folder{"a": plain(4, 8, safetensors.F32)}
	name := func(load string) digest.Digest {
		p, err := plan.Load(work(t, adapters, load, "o: {save: m, to: out}"), plan.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		inputs, err := p.Inputs(t.Context(), plan.IndexedHashes(""), 1)
		if err != nil {
			t.Fatal(err)
		}
		return p.Digests(inputs).Plan
	}
	plain, moved, other := name("m: {load: a}"), name("m: {load: a, rename: {model.: text.}}"), name("m: {load: a, rename: {model.: words.}}")
	if plain == moved || moved == other {
		t.Errorf("%s, %s and %s", plain, moved, other)
	}
}
