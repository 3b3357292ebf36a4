package merge_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/merge/draft"
	"github.com/loramerge/loramerge/merge/plan"
)

// TestQuantizedBases: an adapter of a base model's quantized weights and one of its full weights,
// in either order: the remedy names the full ones, in a recipe and in a draft, and the card says
// which adapter was trained on what.
func TestQuantizedBases(t *testing.T) {
	adapters := map[string]folder{
		"a": based(map[string]any{"base_model_name_or_path": "unsloth/tiny-bnb-4bit"}),
		"b": based(map[string]any{"base_model_name_or_path": "someone/tiny"}),
		"c": based(map[string]any{"base_model_name_or_path": "unsloth/tiny-bnb-4bit"}),
	}
	for inputs, noted := range map[string]string{"[a, b]": "- a: was", "[b, a]": "- a: was", "[a, b, c]": "- a, c: was"} {
		path := work(t, adapters, "m: {average: "+inputs+"}", "o: {save: m, to: out}")
		m := firstFault(t, path)
		const remedy = "if they are one model, as the names say, with full and with quantized weights, vouch for it with the line `base: someone/tiny`"
		if !strings.Contains(m.Text, "different base models") || m.Remedy != remedy || m.Page != "quantized-bases" {
			t.Fatalf("%s: %v", inputs, m)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, path, append([]byte("base: someone/tiny\n"), text...))
		runRecipe(t, path)
		card, err := os.ReadFile(filepath.Join(filepath.Dir(path), "out", adapter.CardFile))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"base_model: \"someone/tiny\"\n", noted + " trained on quantized weights (bnb-4bit, says the base model's name)"} {
			if !strings.Contains(string(card), want) {
				t.Errorf("%s: the card lacks %q:\n%s", inputs, want, card)
			}
		}
	}
}

// TestQuantizedDraft: init says the same, and its remedy drafts.
func TestQuantizedDraft(t *testing.T) {
	adapters := own("broken/adapters/quantized", "broken/adapters/tiny")
	_, err := draft.New(t.Context(), adapters, draft.Options{})
	const remedy = "with full and with quantized weights, vouch for it with `--base tiny`"
	if all := fault.List(err); len(all) == 0 || !strings.Contains(all[0].Error(), remedy) {
		t.Fatalf("%v", err)
	}
	if _, err := draft.New(t.Context(), adapters, draft.Options{Base: "tiny"}); err != nil {
		t.Error(err)
	}
}

// firstFault plans a recipe that has mistakes.
func firstFault(t *testing.T, path string) *fault.Fault {
	t.Helper()
	p, err := plan.Load(path, plan.Options{})
	if err == nil {
		p.Close()
		t.Fatal("accepted")
	}
	m, ok := fault.List(err)[0].(*fault.Fault)
	if !ok {
		t.Fatal(err)
	}
	return m
}
