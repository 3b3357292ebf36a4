package merge_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/merge/plan"
)

// tokenWarnings are those of a plan on rows of tokens.
func tokenWarnings(t *testing.T, recipe string) []string {
	t.Helper()
	p, err := plan.Load(recipe, plan.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	var all []string
	for _, w := range p.Warnings {
		if w.Page == "token-rows" {
			all = append(all, w.Error())
		}
	}
	return all
}

// Whoever merges rows is told which count more than their adapters, and can say that this is known.
func TestTokenRowsKeptWhole(t *testing.T) {
	inputs := map[string]folder{
		"a": withRows(safetensors.F32, []int{9, 5, 100}, 1, 0.1, 3),
		"b": withRows(safetensors.F32, []int{2}, 0.3),
		"c": withRows(safetensors.F32, []int{9}, 5),
		"d": plain(4, 8, safetensors.F32),
	}
	for line, want := range map[string]string{
		"m: {sum: [a, b]}":                                                          "",
		"m: {concat: [a, b, d]}":                                                    "",
		"m: {sum: [a, d], weights: {a: 1, d: 0.5}}":                                 "",
		"m: {sum: [a, c], weights: 0.5}":                                            `: 2 of "a" (weight 0.5);`,
		"m: {sum: [a, b], weights: {a: 2, b: 1}}":                                   `: 3 of "a" (weight 2);`,
		"m: {average: [a, b]}":                                                      `rows of tokens are kept whole, whatever their adapters' weights: 3 of "a" (weight 0.5), 1 of "b" (weight 0.5); that is right for new tokens; leave rows of the base model's own tokens out with ` + "`select … exclude`, unless they should change as much as in their adapter",
		"m: {average: [a, b], allow: token-rows}":                                   "",
		"m: {average: [a, c, d], weights: {a: 1, c: 2, d: 1}}":                      `: 2 of "a" (weight 0.25), 1 of "a", "c" (weights that sum to 0.75);`,
		"m: {slerp: [a, b], t: 0.25}":                                               `: 3 of "a" (weight 0.75), 1 of "b" (weight 0.25);`,
		"m: {ties: [a, b], density: 0.5}":                                           `: 3 of "a" (weight 0.5), 1 of "b" (weight 0.5);`,
		"m: {dare: [a, b], density: 0.5, space: delta, rank: 4}":                    `: 3 of "a" (weight 0.5), 1 of "b" (weight 0.5);`,
		"m: {sum: a, weights: 0.5}":                                                 `: 3 of "a" (weight 0.5);`,
		"x: {select: [a, b], exclude: \"embed_tokens[token *\"}\n  m: {average: x}": "",
	} {
		got := strings.Join(tokenWarnings(t, work(t, inputs, line, "o: {save: m, to: out}")), "\n")
		if want == "" && got != "" || !strings.Contains(got, want) || strings.Count(got, "kept whole") > 1 {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}

// Tokenizers of different bytes are pointed out where rows are merged, and what is to be done merges without a word.
func TestTokenRowsBesideTokenizers(t *testing.T) {
	inputs := map[string]folder{"a": withRows(safetensors.F32, []int{9}, 1), "b": withRows(safetensors.F32, []int{2}, 3), "c": plain(4, 8, safetensors.F32), "d": plain(4, 8, safetensors.F32)}
	for _, c := range []struct {
		files map[string]string
		line  string
		warns bool
		first string
	}{
		{nil, "m: {sum: [a, b]}", false, ""},
		{map[string]string{"a": "{}"}, "m: {sum: [a, b]}", false, ""},
		{map[string]string{"a": "{}", "b": "{}"}, "m: {sum: [a, b]}", false, ""},
		{map[string]string{"a": "{}", "b": "{} "}, "m: {sum: [a, b]}", true, "a and b"},
		{map[string]string{"a": "{}", "b": "[]"}, "m: {sum: [a, b], allow: token-rows}", false, ""},
		{map[string]string{"b": "{}", "c": "[]"}, "m: {sum: [a, b, c]}", true, "b and c"},
		{map[string]string{"c": "{}", "d": "[]"}, "m: {sum: [c, d]}", false, ""},
	} {
		recipe := work(t, inputs, c.line, "o: {save: m, to: out}")
		for name, text := range c.files {
			if err := os.WriteFile(filepath.Join(filepath.Dir(recipe), name, "tokenizer.json"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		got, dir := strings.Join(tokenWarnings(t, recipe), "\n"), filepath.Dir(recipe)+string(filepath.Separator)
		got = strings.ReplaceAll(got, dir, "")
		if warned := strings.Contains(got, "rows of tokens are merged, and the tokenizers (tokenizer.json) in "+c.first+" differ; the result needs one that has the new tokens of all: make it the tokenizer of one adapter, and copy that with `carry: {tokenizer: ADAPTER}` in the save"); warned != c.warns || !c.warns && got != "" {
			t.Errorf("%s with %v: %q", c.line, c.files, got)
		}
	}
	recipe := work(t, inputs, "m: {sum: [a, b], allow: token-rows}", "o: {save: m, to: out, carry: {tokenizer: b}}")
	for name, text := range map[string]string{"a": "{}", "b": `{"all": 1}`} {
		if err := os.WriteFile(filepath.Join(filepath.Dir(recipe), name, "tokenizer.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	runRecipe(t, recipe)
	if text, err := os.ReadFile(filepath.Join(filepath.Dir(recipe), "out", "tokenizer.json")); err != nil || string(text) != `{"all": 1}` {
		t.Errorf("the result has the tokenizer %q, %v", text, err)
	}
}
