package merge_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/merge"
)

// headed are two adapters with a head of their own, of different dtypes, and a step
// counter that no arithmetic can average.
func headed(counter bool) map[string]folder {
	out := make(map[string]folder)
	for name, head := range map[string]tensor{
		"a": {"score.weight", safetensors.F32, []int{2, 2}, []float32{1, 2, 3, 4}},
		"b": {"score.weight", safetensors.BF16, []int{2, 2}, []float32{3, 2, 1, -4}},
	} {
		f := plain(4, 8, safetensors.F32).with(head.name, head.dtype, head.shape, head.data...)
		f.config["modules_to_save"] = []string{"score"}
		if counter {
			f = f.with("bn.num_batches_tracked", safetensors.I64, []int{1}, 7)
		}
		out[name] = f
	}
	return out
}

func TestHeadsAveraged(t *testing.T) {
	for line, want := range map[string][]float32{
		"m: {ties: [a, b], density: 0.5, weights: {a: 1, b: 3}}":                {2.5, 2, 1.5, -2},
		"m: {sum: [a, b], weights: {a: 0.25, b: 0.75}}":                         {2.5, 2, 1.5, -2},
		"m: {svd: [a, b], rank: 2, weights: {a: 0.25, b: 0.75}}":                {2.5, 2, 1.5, -2},
		"m: {slerp: [a, b], t: 0.75}":                                           {2.5, 2, 1.5, -2},
		"m: {ties: [a, b], density: 0.5, like: article, space: delta, rank: 4}": {2, 2, 2, 0},
	} {
		recipe := work(t, headed(false), line, "o: {save: m, to: out}")
		run(t, recipe)
		out := saved(t, recipe)
		m, ok := out.Find("score.weight")
		if !ok || m.W.DType != adapter.F32 || !slices.Equal(out.Config.ModulesToSave.Names, []string{"score"}) {
			t.Fatalf("%s: the head is %+v, modules_to_save %q", line, m, out.Config.ModulesToSave.Names)
		}
		got := make([]float32, 4)
		if err := out.Read(m.W, got); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: the head is %v (%v), want %v", line, got, err, want)
		}
	}
}

func TestHeadsRefused(t *testing.T) {
	for _, c := range []struct {
		line, text, remedy string
		counter            bool
	}{
		{"m: {sum: [a, b]}", `"score.weight" is a whole tensor, which is averaged, but the weights sum to 2`, "let the weights sum to 1", false},
		{"m: {dare: [a, b], like: article, weights: 0.4}", "the weights sum to 0.8", "use `average`", false},
		{"m: {average: [a, b]}", `can't be averaged here: "bn.num_batches_tracked" holds I64`, `m_alike: {select: [a, b], exclude: ["bn.num_batches_tracked"]}`, true},
		{"m: {average: [a, b], weights: {a: 1, b: -1}}", "the weights sum to 0", "let the weights sum to 1", false},
	} {
		path := work(t, headed(c.counter), c.line, "o: {save: m, to: out}")
		plan, err := merge.Load(path, merge.PlanOptions{})
		if err == nil {
			plan.Close()
			t.Errorf("%s: accepted", c.line)
			continue
		}
		if text := err.Error(); !strings.Contains(text, path+":5:") || !strings.Contains(text, c.text) || !strings.Contains(text, c.remedy) {
			t.Errorf("%s: %v\nwant %q and %q", c.line, err, c.text, c.remedy)
		}
	}
}

// TestHeadsCarried: with one adapter, and with the remedy for several, whole tensors
// of any dtype come out byte for byte.
func TestHeadsCarried(t *testing.T) {
	recipe := work(t, headed(true), `s: {select: b, exclude: "score.weight"}`, "m: {trim: s, density: 0.5}", "o: {save: m, to: out, dtype: float16}")
	run(t, recipe)
	out := saved(t, recipe)
	m, ok := out.Find("bn.num_batches_tracked")
	if _, held := out.Find("score.weight"); held || !ok {
		t.Fatalf("modules %+v", out.Modules)
	}
	in := openAdapter(t, filepath.Join(filepath.Dir(recipe), "b"))
	before, _ := in.Find(m.Name)
	x, y := make([]byte, 8), make([]byte, 8)
	if err := in.ReadRaw(before.W, x); err != nil {
		t.Fatal(err)
	}
	if err := out.ReadRaw(m.W, y); err != nil || !slices.Equal(x, y) || m.W.DType != safetensors.I64 {
		t.Errorf("%v of %s, want %v: %v", y, m.W.DType, x, err)
	}
}

// TestHeadsLeftOut: PEFT raises a KeyError for a head that modules_to_save names and the
// file lacks.
func TestHeadsLeftOut(t *testing.T) {
	recipe := work(t, headed(false), `s: {select: [a, b], exclude: "score.weight"}`, "m: {average: s}", "o: {save: m, to: out}")
	run(t, recipe)
	if out := saved(t, recipe); len(out.Config.ModulesToSave.Names) != 0 || len(out.Notes) != 0 {
		t.Errorf("modules_to_save is %q, notes %v", out.Config.ModulesToSave.Names, out.Notes)
	}
}
