package merge_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/adapter/peft"
	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/merge/plan"
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
		runRecipe(t, recipe)
		out := saved(t, recipe)
		m, ok := out.Find("score.weight")
		if !ok || m.W.DType != adapter.F32 || !slices.Equal(peft.ConfigOf(out).ModulesToSave.Names, []string{"score"}) {
			t.Fatalf("%s: the head is %+v, modules_to_save %q", line, m, peft.ConfigOf(out).ModulesToSave.Names)
		}
		got := make([]float32, 4)
		if err := out.Read(m.W, got); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: the head is %v (%v), want %v", line, got, err, want)
		}
	}
}

// TestNumbersOfPairs: a head needs no value of a number that is for pairs alone, and one of
// what it is averaged by.
func TestNumbersOfPairs(t *testing.T) {
	const byLayer = "{layers: [0.25, 0.5]}"
	for lines, want := range map[string]string{
		"m: {scale: a, by: " + byLayer + "}":                                      "",
		"m: {trim: a, density: " + byLayer + "}":                                  "",
		"m: {dare-drop: a, density: " + byLayer + "}":                             "",
		"m: {rescale: a, by: " + byLayer + "}":                                    "",
		"d: {delta: a}\n  m: {factor: d, energy: " + byLayer + "}":                "",
		"m: {slerp: [a, b], t: 0.5, straight: " + byLayer + "}":                   "",
		"m: {ties: [a, b], density: " + byLayer + "}":                             "",
		"e: {elect: [a, b], weights: " + byLayer + "}\n  m: {average: e}":         "",
		"m: {average: [a, b], weights: " + byLayer + "}":                          `there is no value for module "score.weight", whose name holds no layer number`,
		"m: {slerp: [a, b], t: " + byLayer + "}":                                  `there is no value for module "score.weight", whose name holds no layer number`,
		"m: {scale: a, by: {default: 2, modules: {\"*.k_proj\": 3}}}":             `"*.k_proj" matches no module`,
		"m: {scale: a, by: {modules: {\"*.q_proj\": 3, \"*.v_proj\": 2}}}":        `there is no value for module "model.layers.0.down_proj"`,
		"m: {average: [a, b], weights: {default: 1, modules: {score.weight: 2}}}": "",
	} {
		recipe := work(t, headed(false), lines, "o: {save: m, to: out}")
		if want != "" {
			if _, err := plan.Load(recipe, plan.Options{}); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want %s", lines, err, want)
			}
			continue
		}
		runRecipe(t, recipe)
		if !strings.Contains(lines, "scale: a") {
			continue
		}
		out, in := saved(t, recipe), openAdapter(t, filepath.Join(filepath.Dir(recipe), "a"))
		for name, factor := range map[string]float32{"model.layers.0.q_proj": 0.25, "model.layers.1.v_proj": 0.5, "score.weight": 1} {
			if got, from := last(t, out, name), last(t, in, name); !slices.EqualFunc(got, from, func(x, y float32) bool { return x == factor*y }) {
				t.Errorf("%s: %s is not %v times what it was", lines, name, factor)
			}
		}
	}
}

// last are the elements of a module's B, or of its one tensor.
func last(t *testing.T, a *adapter.Adapter, name string) []float32 {
	m, ok := a.Find(name)
	if !ok {
		t.Fatalf("no %s", name)
	}
	from := m.B
	if m.Form == adapter.Whole {
		from = m.W
	}
	out := make([]float32, from.Elements())
	if err := a.Read(from, out); err != nil {
		t.Fatal(err)
	}
	return out
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
		p, err := plan.Load(path, plan.Options{})
		if err == nil {
			p.Close()
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
	runRecipe(t, recipe)
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
	runRecipe(t, recipe)
	if out := saved(t, recipe); len(peft.ConfigOf(out).ModulesToSave.Names) != 0 || len(out.Notes) != 0 {
		t.Errorf("modules_to_save is %q, notes %v", peft.ConfigOf(out).ModulesToSave.Names, out.Notes)
	}
}
