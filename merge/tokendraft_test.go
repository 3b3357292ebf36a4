package merge_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/merge/draft"
	"github.com/loramerge/loramerge/merge/relate"
)

// wide are rows of another embedding's width.
func wide(ids ...int) folder {
	f := plain(4, 8, safetensors.F32).with(embedding+".token_adapter.trainable_tokens_delta", safetensors.F32, []int{len(ids), 3}, make([]float32, 3*len(ids))...)
	f.config["trainable_token_indices"] = ids
	return f
}

// A draft keeps rows that one adapter has, averages those that several have, and leaves out those
// that don't fit or that nobody can load; and inspect says so.
func TestDraftTokens(t *testing.T) {
	for name, c := range map[string]struct {
		a, b    folder
		options draft.Options
		want    map[int]float32
		text    []string
		said    []string
	}{
		"disjoint": {withRows(safetensors.F32, []int{9, 5}, 1, 0.1), withRows(safetensors.F32, []int{2}, 0.3), draft.Options{}, map[int]float32{9: 1, 5: 0.1, 2: 0.3},
			[]string{"rows of 2 tokens,", "the row of 1 token,", "# A row of a token that one adapter alone has is kept as it is"},
			[]string{"rows of tokens that one adapter alone has are kept as they are"}},
		"disjoint, averaged": {withRows(safetensors.F32, []int{9, 5}, 1, 0.1), withRows(safetensors.F32, []int{2}, 0.3), draft.Options{Method: "linear"}, map[int]float32{9: 1, 5: 0.1, 2: 0.3}, nil, nil},
		"shared": {withRows(safetensors.F32, []int{9, 5}, 1, 0.1), withRows(safetensors.F32, []int{9, 2}, 4, 0.3), draft.Options{}, map[int]float32{9: 2.5, 5: 0.1, 2: 0.3},
			[]string{"weights: {a: 0.5, b: 0.5}", "# The weights sum to 1, as they must for rows of tokens that several adapters have, which are averaged."},
			[]string{"weights that sum to 1, since rows of tokens that several adapters have are averaged"}},
		"shared, by slerp": {withRows(safetensors.F32, []int{9}, 1), withRows(safetensors.F32, []int{9, 2}, 4, 0.3), draft.Options{Method: "slerp"}, map[int]float32{9: 2.5, 2: 0.3}, nil, nil},
		"unlike": {withRows(safetensors.F32, []int{9, 5}, 1, 0.1), wide(9, 5), draft.Options{}, nil,
			[]string{"      - \"" + embedding + "[token *\"\n\n"}, []string{"without the whole tensors that can't be averaged: " + embedding + "[token *"}},
		"unlike in part": {withRows(safetensors.F32, []int{9, 5}, 1, 0.1), wide(9), draft.Options{}, map[int]float32{5: 0.1},
			[]string{"      - \"" + embedding + "[token 9]\"\n\n"}, []string{"without the whole tensors that can't be averaged: " + embedding + "[token 9]"}},
		"for a server without them": {withRows(safetensors.F32, []int{9, 5}, 1, 0.1), withRows(safetensors.F32, []int{2}, 0.3), draft.Options{For: []string{"vllm"}}, nil,
			[]string{"(vllm) accepts no whole tensors", "      - \"" + embedding + "[token *\"\n\n"}, nil},
	} {
		dir := filepath.Dir(work(t, map[string]folder{"a": c.a, "b": c.b}, "m: {sum: [a, b]}", "o: {save: m, to: out}"))
		adapters := []string{filepath.Join(dir, "a"), filepath.Join(dir, "b")}
		text, out := draftFor(t, adapters, c.options)
		for _, want := range c.text {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %q in\n%s", name, want, text)
			}
		}
		recipe := filepath.Join(out, "merge.yaml")
		runRecipe(t, recipe)
		got := rowsOf(t, openAdapter(t, filepath.Join(out, "out", "merged")))
		for id, x := range c.want {
			if got[id] != x {
				t.Errorf("%s: token %d is %v, want %v", name, id, got[id], x)
			}
		}
		if len(got) != len(c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
		r, err := relate.Of(t.Context(), adapters, relate.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range c.said {
			if !slices.Contains(r.Draft.Sentences(), want) {
				t.Errorf("%s: inspect says %q, want %q", name, r.Draft.Sentences(), want)
			}
		}
	}
}
