package merge_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/merge/draft"
	"github.com/loramerge/loramerge/merge/relate"
)

// side is the dimension of layers on which a cosine of 1 stands out from unrelated ones.
const side = 40

// thin is an adapter of one module, alpha/r·B·A of unit vectors: column k of B is that of the k-th
// row, times a factor.
func thin(alpha, factor float32, rows, columns []int) folder {
	rank := len(rows)
	b, a := make([]float32, side*rank), make([]float32, rank*side)
	for k := range rank {
		b[rows[k]*rank+k], a[k*side+columns[k]] = factor, 1
	}
	f := folder{config: map[string]any{"r": rank, "lora_alpha": alpha}, tensors: pair("layers.0.q_proj", safetensors.F32, side, side, rank)}
	f.tensors[0].data, f.tensors[1].data = a, b
	return f
}

// TestRelateFindings: what is said of adapters that were made to be so.
func TestRelateFindings(t *testing.T) {
	on := func(at ...int) []int { return at }
	for name, c := range map[string]struct {
		folders []folder
		want    []string // parts of the findings, in order
	}{
		"orthogonal":    {[]folder{thin(1, 1, on(0), on(0)), thin(1, 1, on(1), on(1))}, nil},
		"equal":         {[]folder{thin(1, 1, on(0), on(0)), thin(1, 1, on(0), on(0))}, []string{"Direction: a and b are nearly the same (cosine 1.00), as checkpoints of one training are; a merge of them is hardly different from either."}},
		"equal of many": {[]folder{thin(1, 1, on(0), on(0)), thin(1, 1, on(0), on(0)), thin(1, 1, on(1), on(1))}, []string{"take one of them, or let them share one weight: `weights: {default: 1, a: 0.5, b: 0.5}`"}},
		"opposite":      {[]folder{thin(1, 1, on(0), on(0)), thin(-1, 1, on(0), on(0))}, []string{"a and b work against each other (cosine -1.00)"}},
		"in common": {[]folder{thin(2, 1, on(0, 1), on(0, 1)), thin(2, 1, on(0, 2), on(0, 2)), thin(2, 1, on(0, 3), on(0, 3)), thin(2, 1, on(5, 6), on(5, 6))},
			[]string{"a, b and c have much in common (cosine 0.50, where unrelated adapters have 0 ± 0.025), as adapters for one task do: that counts 3 times in a sum; if they are for one task, let them share one weight: `weights: {default: 1, a: 0.333333, b: 0.333333, c: 0.333333}`"}},
		"all in common":  {[]folder{thin(2, 1, on(0, 1), on(0, 1)), thin(2, 1, on(0, 2), on(0, 2))}, []string{"have much in common (cosine 0.50, where unrelated adapters have 0 ± 0.025), as adapters for one task do."}},
		"ten times":      {[]folder{thin(10, 1, on(0), on(0)), thin(1, 1, on(1), on(1))}, []string{"Size: the ‖ΔW‖ of a is 10 times that of b, and little is left of b in a plain sum; to give all one size, add the stage `even: {weigh: adapters}` and merge `even` instead of `adapters`"}},
		"three times":    {[]folder{thin(3, 1, on(0), on(0)), thin(1, 1, on(1), on(1))}, []string{"Size: the ‖ΔW‖ of a is 3 times that of b, and a sum follows the larger."}},
		"in other words": {[]folder{thin(10, 1, on(0), on(0)), thin(1, 10, on(1), on(1))}, nil},
		"zero":           {[]folder{thin(1, 1, on(0), on(0)), thin(1, 0, on(1), on(1))}, []string{"Size: the ΔW of b is zero, so there is nothing to merge"}},
		"one A": {[]folder{thin(1, 1, on(0), on(0)), thin(1, 1, on(1), on(0)), thin(1, 1, on(2), on(3))},
			[]string{"Subspace: the A's of a and b span nearly one subspace (overlap 100 %, where random ones have 2.5 %), as of adapters that began with the same A."}},
		"one B":          {[]folder{thin(1, 1, on(0), on(0)), thin(1, 1, on(0), on(1))}, []string{"Subspace: the B's of a and b span nearly one subspace (overlap 100 %, where random ones have 2.5 %), so that they write into the same directions"}},
		"other ranks":    {[]folder{thin(1, 1, on(0), on(0)), thin(2, 1, on(1, 2), on(1, 2))}, nil},
		"tasks":          {[]folder{thin(1, 1, on(0), on(0)).as("task_type", "CAUSAL_LM"), thin(1, 1, on(1), on(1)).as("task_type", "SEQ_CLS"), thin(1, 1, on(2), on(2)).as("task_type", "CAUSAL_LM")}, []string{"Task: the adapters differ in their task_type, so that the merged one has none: CAUSAL_LM of a and c; SEQ_CLS of b"}},
		"one task named": {[]folder{thin(1, 1, on(0), on(0)).as("task_type", "CAUSAL_LM"), thin(1, 1, on(1), on(1))}, []string{"CAUSAL_LM of a; none of b"}},
	} {
		r, _ := relateFolders(t, relate.Options{}, c.folders...)
		if len(r.Findings) != len(c.want) {
			t.Errorf("%s: %+v", name, r.Findings)
			continue
		}
		for i, f := range r.Findings {
			if !strings.Contains(f.Sentence(), c.want[i]) {
				t.Errorf("%s: %q, want %q", name, f.Sentence(), c.want[i])
			}
		}
	}
}

// as sets a field of the configuration.
func (f folder) as(field string, value any) folder {
	f.config[field] = value
	return f
}

// TestRelateFiles: tokenizers that differ are named, those that are the same are not.
func TestRelateFiles(t *testing.T) {
	dir := t.TempDir()
	var paths []string
	for i, name := range []string{"a", "b", "c"} {
		paths = append(paths, filepath.Join(dir, name))
		thin(1, 1, []int{i}, []int{i}).write(t, paths[i])
		writeFile(t, filepath.Join(paths[i], "special_tokens_map.json"), []byte("{}"))
	}
	writeFile(t, filepath.Join(paths[0], "tokenizer.json"), []byte("1"))
	writeFile(t, filepath.Join(paths[2], "tokenizer.json"), []byte("2"))
	writeFile(t, filepath.Join(paths[1], "chat_template.jinja"), []byte("x"))
	r, err := relate.Of(t.Context(), paths, relate.Options{})
	if err != nil || len(r.Findings) != 1 || !strings.Contains(r.Findings[0].Sentence(), "the tokenizers beside a and c differ (tokenizer.json)") || !strings.Contains(r.Findings[0].Remedy, "`carry: {tokenizer: a}`") {
		t.Errorf("%+v, %v", r.Findings, err)
	}
}

// TestRelateSpaces: which spaces merge adapters as they are, and the pages on what stands in the way elsewhere.
func TestRelateSpaces(t *testing.T) {
	for _, c := range []struct {
		adapters []string
		pages    [3]string // factors, delta, core
	}{
		{own("adapters/python", "adapters/sql"), [3]string{}},
		{own("adapters/python", "adapters/chat"), [3]string{"different-scales different-ranks"}},
		{own("broken/adapters/tiny", "broken/adapters/loud"), [3]string{"different-scales"}},
		{own("broken/adapters/tiny", "broken/adapters/two-layers"), [3]string{"missing-modules", "missing-modules", "missing-modules"}},
		{own("broken/adapters/tiny", "broken/adapters/head"), [3]string{"whole-tensors", "whole-tensors", "whole-tensors"}},
		{own("broken/adapters/tiny", "broken/adapters/wide"), [3]string{"different-shapes", "different-shapes", "different-shapes"}},
		{own("broken/adapters/tiny", "broken/adapters/other-base"), [3]string{"different-bases", "different-bases", "different-bases"}},
		{own("broken/adapters/tiny", "broken/adapters/revised"), [3]string{"different-bases", "different-bases", "different-bases"}},
		{own("broken/adapters/tiny", "broken/adapters/quantized"), [3]string{"quantized-bases", "quantized-bases", "quantized-bases"}},
		{own("broken/adapters/tiny", "adapters/python"), [3]string{"different-bases no-common-modules", "different-bases no-common-modules", "different-bases no-common-modules"}},
	} {
		r, err := relate.Of(t.Context(), c.adapters, relate.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range r.Spaces {
			var pages []string
			for _, o := range s.Obstacles {
				pages = append(pages, o.Page)
			}
			if got := strings.Join(pages, " "); got != c.pages[i] || s.Merges != (got == "") || s.Space != []string{"factors", "delta", "core"}[i] {
				t.Errorf("%s: %+v, want %q", c.adapters, s, c.pages[i])
			}
		}
	}
}

// TestRelateModules: which modules only some have, by kind, and which names mean different layers.
func TestRelateModules(t *testing.T) {
	more := plain(2, 2, safetensors.F32)
	more.tensors = append(more.tensors, slices.Concat(pair("model.layers.0.up_proj", safetensors.F32, 8, 8, 2), pair("model.layers.1.up_proj", safetensors.F32, 8, 8, 2))...)
	wide := folder{config: map[string]any{"r": 2, "lora_alpha": 2}, tensors: slices.Concat(pair("model.layers.0.q_proj", safetensors.F32, 24, 17, 2), pair("lm_head", safetensors.F32, 8, 8, 2))}
	r, _ := relateFolders(t, relate.Options{}, more, plain(2, 2, safetensors.F32), wide)
	want := []relate.Partial{{Kind: "lm_head", Modules: 1, Adapters: []string{"c"}}, {Kind: "model.layers.*.down_proj", Modules: 2, Adapters: []string{"a", "b"}},
		{Kind: "model.layers.*.q_proj", Modules: 1, Adapters: []string{"a", "b"}}, {Kind: "model.layers.*.up_proj", Modules: 2, Adapters: []string{"a"}}, {Kind: "model.layers.*.v_proj", Modules: 2, Adapters: []string{"a", "b"}}}
	if m := r.Modules; m.All != 9 || m.Common != 1 || !slices.Equal(m.Unlike, []string{"model.layers.0.q_proj"}) ||
		!slices.EqualFunc(m.Partial, want, func(x, y relate.Partial) bool {
			return x.Kind == y.Kind && x.Modules == y.Modules && slices.Equal(x.Adapters, y.Adapters)
		}) {
		t.Errorf("%+v", m)
	}
}

// TestRelateReal: what is known of adapters that people trained.
func TestRelateReal(t *testing.T) {
	quality := under(filepath.Join(shared, "quality", "adapters"), []string{"french-r8", "german-r16-alpha8", "german-r8", "python-r8", "python-rslora"})
	for _, c := range []struct {
		adapters []string
		alike    [][]string
		drowned  string
	}{
		{quality, [][]string{{"german-r16-alpha8", "german-r8"}, {"python-r8", "python-rslora"}}, ""},
		{real("gpt2-classify-a", "gpt2-classify-b", "gpt2-classify-c"), [][]string{{"gpt2-classify-b", "gpt2-classify-c"}}, ""},
		{real("gpt2-reviews", "gpt2-qa-r16"), nil, "gpt2-qa-r16"},
		{real("convnext-mountain-1", "convnext-mountain-2"), nil, "convnext-mountain-2"},
		{real("distilbert-r4", "distilbert-r8-support"), nil, ""},
	} {
		if _, err := os.Stat(c.adapters[0]); err != nil {
			t.Skipf("%s is not there", c.adapters[0])
		}
		r, err := relate.Of(t.Context(), c.adapters, relate.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var alike [][]string
		drowned := ""
		for _, f := range r.Findings {
			switch {
			case f.About == relate.Direction:
				alike = append(alike, f.Adapters)
			case f.About == relate.Size && f.Remedy != "":
				drowned = strings.Join(f.Adapters[1:], " ")
			}
		}
		if !slices.EqualFunc(alike, c.alike, slices.Equal) || drowned != c.drowned {
			t.Errorf("%s: %+v", c.adapters, r.Findings)
		}
		if _, err := draft.New(t.Context(), c.adapters, draft.Options{}); (err == nil) != (len(r.Draft.Refused) == 0) {
			t.Errorf("%s: init says %v, and inspect %v", c.adapters, err, r.Draft.Refused)
		}
	}
}
