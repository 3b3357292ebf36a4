package merge_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/merge/plan"
)

const embedding = "model.embed_tokens"

// withRows is an adapter with rows of tokens; every element of the row of id is values[i].
func withRows(dtype adapter.DType, ids []int, values ...float32) folder {
	var data []float32
	for _, x := range values {
		data = append(data, x, x)
	}
	f := plain(4, 8, safetensors.F32).with(embedding+".token_adapter.trainable_tokens_delta", dtype, []int{len(ids), 2}, data...)
	f.config["trainable_token_indices"] = map[string]any{"embed_tokens": ids}
	return f
}

// rowsOf are the first elements of the rows that an adapter has, by id.
func rowsOf(t *testing.T, a *adapter.Adapter) map[int]float32 {
	t.Helper()
	rows := make(map[int]float32)
	for i := range a.Modules {
		if token, ok := adapter.TokenOf(a.Modules[i].Name); ok {
			got := make([]float32, a.Modules[i].W.Elements())
			if err := a.Read(a.Modules[i].W, got); err != nil {
				t.Fatal(err)
			}
			if slices.Min(got) != slices.Max(got) {
				t.Errorf("the row of token %d is %v", token.ID, got)
			}
			rows[token.ID] = got[0]
		}
	}
	return rows
}

// Rows that one adapter has are kept, whatever the verb; of several there is the mean.
func TestTokenRowsMerged(t *testing.T) {
	inputs := map[string]folder{
		"a": withRows(safetensors.F32, []int{9, 5, 100}, 1, 0.1, 3),
		"b": withRows(safetensors.F32, []int{2, 17}, 0.3, -7),
		"c": withRows(safetensors.BF16, []int{9, 2}, 5, 0.5),
		"d": plain(4, 8, safetensors.F32),
	}
	apart := map[int]float32{9: 1, 5: 0.1, 100: 3, 2: 0.3, 17: -7}
	for line, want := range map[string]map[int]float32{
		"m: {sum: [a, b]}":     apart,
		"m: {average: [a, b]}": apart,
		"m: {average: [b, d, a], weights: {a: 3, b: 1, d: 2}}":                   apart,
		"m: {concat: [a, b], weights: {a: 0.5, b: 1}}":                           apart,
		"m: {slerp: [a, b], t: 0.25}":                                            apart,
		"m: {ties: [a, b], density: 0.5}":                                        apart,
		"m: {ties: [a, b], density: 0.5, space: delta, rank: 4}":                 apart,
		"m: {dare: [a, b], density: 0.5, space: delta, rank: 4}":                 apart,
		"m: {svd: [a, b, d], rank: 2, weights: {a: 1, b: 2, d: 1}}":              apart,
		"m: {sce: [a, b], density: 0.5}":                                         apart,
		"m: {linear: [a, b], space: core, rank: 4}":                              apart,
		"m: {sum: [a, c], weights: {a: 0.25, c: 0.75}}":                          {9: 4, 5: 0.1, 100: 3, 2: 0.5},
		"m: {average: [a, c, d], weights: {a: 1, c: 3, d: 2}}":                   {9: 4, 5: 0.1, 100: 3, 2: 0.5},
		"e: {elect: [a, c, d]}\n  m: {average: e}":                               {9: 3, 5: 0.1, 100: 3, 2: 0.5},
		"x: {select: a, exclude: \"embed_tokens[token 9]\"}\n  m: {sum: [x, c]}": {9: 5, 5: 0.1, 100: 3, 2: 0.5},
	} {
		recipe := work(t, inputs, line, "o: {save: m, to: out}")
		runRecipe(t, recipe)
		got := rowsOf(t, saved(t, recipe))
		if len(got) != len(want) {
			t.Errorf("%s: %v, want %v", line, got, want)
		}
		for id, x := range want {
			if got[id] != x {
				t.Errorf("%s: token %d is %v, want %v", line, id, got[id], x)
			}
		}
	}
}

// A row of which there is no mean is refused, and the remedy lets the rest merge.
func TestTokenRowsRefused(t *testing.T) {
	inputs := map[string]folder{"a": withRows(safetensors.F32, []int{9, 5}, 1, 2), "b": withRows(safetensors.F32, []int{9, 2}, 3, 4)}
	for lines, want := range map[string]string{
		"m: {sum: [a, b]}":                         `"a", "b" have rows for token 9 of "model.embed_tokens", which are averaged, but their weights sum to 2; let the weights sum to 1, or leave it out: add the stage ` + "`m_alike: {select: [a, b], exclude: [\"model.embed_tokens[token 9]\"]}` and use m_alike here",
		"m: {concat: [a, b]}":                      "their weights sum to 2",
		"m: {sum: [a, b], weights: {a: 1, b: 0}}":  `the row of token 2 of "model.embed_tokens" is in "b" alone, whose weight is 0`,
		"m: {sum: [a, b], weights: {a: 2, b: -1}}": `is in "b" alone, whose weight is -1`,
	} {
		said, refused := planned(t, work(t, inputs, lines, "o: {save: m, to: out}"))
		if !refused || !strings.Contains(said[0].Error(), want) {
			t.Errorf("%s: got %v, want %s", lines, said, want)
			continue
		}
		text := said[0].Error()
		stage := text[strings.Index(text, "`m_alike")+1:]
		stage = stage[:strings.IndexByte(stage, '`')]
		mended := strings.NewReplacer("[a, b]", "m_alike").Replace(lines)
		if said, refused := planned(t, work(t, inputs, stage, mended, "o: {save: m, to: out}")); refused {
			t.Errorf("%s: the remedy does not mend it: %v", lines, said)
		}
	}
	pair := plain(4, 8, safetensors.F32).with(embedding+".lora_embedding_A", safetensors.F32, []int{4, 40}).with(embedding+".lora_embedding_B", safetensors.F32, []int{2, 4})
	said, refused := planned(t, work(t, map[string]folder{"a": inputs["a"], "b": pair}, "m: {sum: [a, b], missing: zero}", "o: {save: m, to: out}"))
	if !refused || !strings.Contains(said[0].Error(), `"model.embed_tokens" is changed in two ways, by rows of tokens and by "model.embed_tokens", and PEFT loads one of them; leave one out with `+"`select … exclude`: \"model.embed_tokens[token *\" or \"model.embed_tokens\"") {
		t.Errorf("rows and a pair: %v", said)
	}
}

// Rows of two widths fit into no embedding, whatever their tokens.
func TestTokenRowsOfTwoWidths(t *testing.T) {
	inputs := map[string]folder{"a": withRows(safetensors.F32, []int{9}, 1), "b": wide(4)}
	said, refused := planned(t, work(t, inputs, "m: {average: [a, b]}", "o: {save: m, to: out}"))
	want := `"model.embed_tokens[token 4]" has 3 elements and "model.embed_tokens[token 9]" has 2: no embedding has rows of two widths; ` +
		"check that the adapters are of one base model, or leave the rows out with `select … exclude`: \"model.embed_tokens[token *\""
	if !refused || !strings.Contains(said[0].Error(), want) {
		t.Errorf("got %v, want %s", said, want)
	}
	recipe := work(t, inputs, "x: {select: [a, b], exclude: \"model.embed_tokens[token *\"}", "m: {average: x}", "o: {save: m, to: out}")
	runRecipe(t, recipe)
	if rows := rowsOf(t, saved(t, recipe)); len(rows) > 0 {
		t.Errorf("the remedy leaves %v", rows)
	}
}

// The vectors' rows of a and b, joined.
func TestTokenVectors(t *testing.T) {
	vectors := filepath.Join("..", "..", "shared", "formats", "vectors")
	text, err := os.ReadFile(filepath.Join(vectors, "expected", "tokens-a-and-b.json"))
	if err != nil {
		t.Skip("the vectors are not here: ", err)
	}
	var expected struct{ Rows map[int][]float32 }
	if err := json.Unmarshal(text, &expected); err != nil {
		t.Fatal(err)
	}
	inputs, err := filepath.Abs(filepath.Join(vectors, "tokens"))
	if err != nil {
		t.Fatal(err)
	}
	recipe := work(t, nil, "x: {load: {a: "+inputs+"/a, b: "+inputs+"/b}}", "m: {sum: x}", "o: {save: m, to: out}")
	runRecipe(t, recipe)
	out := saved(t, recipe)
	for id, want := range expected.Rows {
		m, ok := out.Find(adapter.Token{Layer: embedding, ID: id}.Name())
		if !ok {
			t.Fatalf("no row of token %d", id)
		}
		got := make([]float32, m.W.Elements())
		if err := out.Read(m.W, got); err != nil || !slices.Equal(got, want) {
			t.Errorf("token %d: %v (%v), want %v", id, got, err, want)
		}
	}
}

// What an id means is what the tokenizer next to each adapter says.
func TestTokenMeanings(t *testing.T) {
	inputs := map[string]folder{"a": withRows(safetensors.F32, []int{9, 5}, 1, 2), "b": withRows(safetensors.F32, []int{9, 2}, 3, 4)}
	for files, want := range map[[2]string]string{
		{`{"<x>": 9, "<y>": 5}`, `{"<x>": 9}`}: "",
		{`{"<x>": 9}`, `{"<z>": 9}`}:           `token 9 of "model.embed_tokens" is "<x>" by the tokenizer in `,
		{`{"<x>": 9, "<y>": 5}`, `{"<z>": 5}`}: `: the row changes both; use the result with the first tokenizer, or train one of them again with another id`,
		{`{"<x>": "9"}`, `[`}:                  "",
	} {
		recipe := work(t, inputs, "m: {average: [a, b]}", "o: {save: m, to: out}")
		for i, name := range []string{"a", "b"} {
			if err := os.WriteFile(filepath.Join(filepath.Dir(recipe), name, "added_tokens.json"), []byte(files[i]), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		var texts []string
		p, err := plan.Load(recipe, plan.Options{})
		refused, said := err != nil, fault.List(err)
		if !refused {
			for _, w := range p.Warnings {
				said = append(said, w)
			}
			p.Close()
		}
		for _, one := range said {
			if strings.Contains(one.Error(), "tokenizer in") {
				texts = append(texts, one.Error())
			}
		}
		text := strings.Join(texts, "\n")
		if want == "" && text != "" || !strings.Contains(text, want) || refused != strings.Contains(text, "b, and both adapters have a row of it; leave it out: add the stage `m_alike: {select: [a, b], exclude: [") {
			t.Errorf("%s: refused: %v, %q, want %q", files, refused, text, want)
		}
	}
}
