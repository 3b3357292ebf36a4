package merge_test

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/adapter/peft"
	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
)

// TestReleaseChangesNoByte: the version of the program stands in the card alone.
func TestReleaseChangesNoByte(t *testing.T) {
	recipe := work(t, alike(), "m: {ties: [a, b], density: 0.5}", "o: {save: m, to: out}")
	one, _ := makeAnew(t, recipe, run.Options{Version: "v1.2.3"})
	two, _ := makeAnew(t, recipe, run.Options{Version: "v1.3.0"})
	if one.weights != two.weights || one.config != two.config {
		t.Error("another version gives other bytes")
	}
	if !strings.Contains(one.card, "loramerge) v1.2.3 from 2 adapters") || !strings.Contains(two.card, "loramerge) v1.3.0 from") {
		t.Errorf("the card does not name the version:\n%s", one.card)
	}
}

// TestCardLicences: those that the inputs' own cards name, whatever else is in them.
func TestCardLicences(t *testing.T) {
	for text, want := range map[string]string{
		"---\nlicense: apache-2.0\nbase_model: x\n---\n# A\n":                 "apache-2.0",
		"---\r\nlicense: mit\r\n---\r\n":                                      "mit",
		"---\nlicense: other\nlicense_name: llama3.1\n---\n":                  "llama3.1",
		"---\nlicense: other\n---\n":                                          "other",
		"---\nlicense: \"a | b `c`\\nd\"\n---\n":                              "a \\| b 'c' d",
		"# A\nlicense: mit\n":                                                 "not known",
		"---\nlicense: mit\n":                                                 "not known",
		"---\nlicense: [mit]\n---\n":                                          "not known",
		"---\n- license\n---\n":                                               "not known",
		"---\nlicense: " + strings.Repeat("x", 1000) + "\n---\n":              "not known",
		"---\nx: &x [*x, *x]\nlicense: mit\n---\n":                            "mit",
		"---\n" + strings.Repeat("#", 1<<20) + "\nlicense: apache-2.0\n---\n": "not known",
	} {
		recipe := work(t, alike(), "o: {save: a, to: out}")
		writeFile(t, filepath.Join(filepath.Dir(recipe), "a", adapter.CardFile), []byte(text))
		got, _ := makeAnew(t, recipe, run.Options{})
		if row := "| a | `a` | " + want + " | `"; !strings.Contains(got.card, row) {
			t.Errorf("%.40q: the card holds no %q:\n%s", text, row, got.card)
		}
		// What is not an input of this output is not in its card.
		if strings.Contains(got.card, "| b | `b` |") {
			t.Errorf("the card names another's input:\n%s", got.card)
		}
	}
}

// TestCardRounding: ‖x̂ − x‖/‖x‖ over A and B, computed here element by element: bfloat16 keeps
// the upper half of a float32, rounded to nearest even.
func TestCardRounding(t *testing.T) {
	recipe := work(t, alike(), "o: {save: a, to: out, dtype: bfloat16}")
	opened := openAdapter(t, filepath.Join(filepath.Dir(recipe), "a"))
	var lost, all float64
	for _, m := range opened.Modules {
		for _, tensor := range m.Tensors() {
			x := make([]float32, tensor.Elements())
			if err := opened.Read(tensor, x); err != nil {
				t.Fatal(err)
			}
			for _, v := range x {
				bits := math.Float32bits(v)
				rounded := math.Float32frombits((bits + 0x7fff + bits>>16&1) &^ 0xffff)
				lost += math.Pow(float64(rounded)-float64(v), 2)
				all += math.Pow(float64(v), 2)
			}
		}
	}
	got, result := makeAnew(t, recipe, run.Options{})
	want := math.Sqrt(lost / all)
	if want < 1e-4 || math.Abs(result.Outputs[0].Rounding/want-1) > 1e-9 {
		t.Errorf("rounding cost %v, want %v", result.Outputs[0].Rounding, want)
	}
	if line := fmt.Sprintf("\nRounding A and B to BF16 moved them by about %.2g %% of their norm.\n", 100*want); !strings.Contains(got.card, line) {
		t.Errorf("the card holds no %q:\n%s", line, got.card)
	}
	if got, _ := makeAnew(t, work(t, alike(), "o: {save: a, to: out}"), run.Options{}); strings.Contains(got.card, "Rounding") {
		t.Error("float32 from float32 is rounded")
	}
}

// TestOutputCarriesWhatLeadsToIt: other stages, their inputs and their recipes are no part of
// an output: to change them changes no byte of it.
func TestOutputCarriesWhatLeadsToIt(t *testing.T) {
	lines := []string{"m: {average: [a, b]}", "o: {save: m, to: out}"}
	alone, _ := makeAnew(t, work(t, alike(), lines...), run.Options{})
	recipe := work(t, alike(), append(lines, "n: {dare: [b, a], density: 0.5}", "x: {load: {recipe: other.yaml, stage: m}}", "s: {sum: [n, x]}", "p: {save: s, to: beside}")...)
	writeFile(t, filepath.Join(filepath.Dir(recipe), "other.yaml"), []byte("version: 1\nstages:\n  m: {load: a}\n  z: {scale: m, by: 2}\n"))
	among, _ := makeAnew(t, recipe, run.Options{})
	if alone.weights != among.weights || alone.config != among.config {
		t.Error("stages beside it change an output's bytes")
	}
	said := provenance(t, filepath.Join(filepath.Dir(recipe), "out"))
	if want := "version: 1\nseed: 0\nstages:\n  a: {load: \"a\"}\n  b: {load: \"b\"}\n  m: {average: [a, b]}\n  o: {save: m, to: \"out\"}\n"; said.Recipe != want {
		t.Errorf("it carries\n%s\nwant\n%s", said.Recipe, want)
	}
	if len(said.Inputs) != 2 || len(said.Recipes) != 0 {
		t.Errorf("inputs %v, recipes %v", said.Inputs, said.Recipes)
	}
	beside := provenance(t, filepath.Join(filepath.Dir(recipe), "beside"))
	if len(beside.Inputs) != 3 || len(beside.Recipes) != 1 || strings.Contains(beside.Recipes[0].Recipe, "z:") || strings.Contains(beside.Recipe, "\n  o:") {
		t.Errorf("beside carries %+v", beside)
	}
	for _, out := range []string{"out", "beside"} {
		if verdict := verify(t, filepath.Join(filepath.Dir(recipe), out), ""); !verdict.Same || len(verdict.Notes) > 0 {
			t.Errorf("%s: %+v", out, verdict)
		}
	}
}

func provenance(t *testing.T, folder string) *plan.Provenance {
	t.Helper()
	file, err := safetensors.Open(filepath.Join(folder, peft.WeightsFile))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	said, ours := plan.ReadProvenance(file.Metadata())
	if !ours {
		t.Fatal("it has no recipe inside")
	}
	return said
}
