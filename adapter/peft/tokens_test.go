package peft

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/safetensors"
)

const rowsKey = prefix + "model.embed_tokens" + tokensSuffix

// Row i of what is stored is that of the i-th id, whatever the order of the ids.
func TestTokenRows(t *testing.T) {
	for _, indices := range []string{"[9, 5]", `{"embed_tokens": [9, 5]}`, `{"model.embed_tokens": [9, 5]}`, `{"embed_tokens": [9, 5], "lm_head": [9, 5]}`} {
		a, err := open(folder(t, configWith("trainable_token_indices", indices), append(pairOf(prefix+"q_proj", 2, 4, 4), ramp(rowsKey, 2, 4))...), adapter.Options{})
		if err != nil {
			t.Fatalf("%s: %v", indices, err)
		}
		for id, want := range map[int][]float32{9: {1, 2, 3, 4}, 5: {5, 6, 7, 8}} {
			m, ok := a.Find(adapter.Token{Layer: "model.embed_tokens", ID: id}.Name())
			if !ok || !m.IsToken() {
				t.Fatalf("%s: no row of token %d among %v", indices, id, a.Modules)
			}
			got := make([]float32, 4)
			if err := a.Read(m.W, got); err != nil || !slices.Equal(got, want) {
				t.Errorf("%s: token %d has %v, want %v (%v)", indices, id, got, want, err)
			}
		}
	}
}

func TestTokenRowsThatDoNotFit(t *testing.T) {
	other := ramp(prefix+"lm_head"+tokensSuffix, 2, 4)
	whole := stored{name: rowsKey, dtype: safetensors.I64, shape: []int{2, 4}, bytes: make([]byte, 64)}
	for _, c := range []struct {
		indices, want string
		rows          []stored
	}{
		{"[1]", "has 2 rows, and trainable_token_indices of adapter_config.json names 1 token", []stored{ramp(rowsKey, 2, 4)}},
		{"[1, 2, 3]", "has 2 rows, and", []stored{ramp(rowsKey, 2, 4)}},
		{"[1, 1]", "names token 1 twice", []stored{ramp(rowsKey, 2, 4)}},
		{"[-1, 1]", "names token -1, which no vocabulary has", []stored{ramp(rowsKey, 2, 4)}},
		{"[2000000000, 1]", "names token 2000000000, which", []stored{ramp(rowsKey, 2, 4)}},
		{"[1.5, 1]", "must be a list of token ids", []stored{ramp(rowsKey, 2, 4)}},
		{`["a", 1]`, "must be a list of token ids", []stored{ramp(rowsKey, 2, 4)}},
		{"[99999999999999999999, 1]", "must be a list of token ids", []stored{ramp(rowsKey, 2, 4)}},
		{"null", `names none of "model.embed_tokens"`, []stored{ramp(rowsKey, 2, 4)}},
		{`{"wte": [1, 2]}`, `names none of "model.embed_tokens"`, []stored{ramp(rowsKey, 2, 4)}},
		{"[1, 2]", "names 2 tokens, whose rows are not in", nil},
		{`{"embed": [1, 2]}`, `names 2 tokens of "embed", whose rows`, nil},
		{"[1, 2]", `one list of ids for "lm_head" and "model.embed_tokens"`, []stored{other, ramp(rowsKey, 2, 4)}},
		{"[1, 2]", "has the shape [8]", []stored{ramp(rowsKey, 8)}},
		{"[1, 2]", "which can't be merged", []stored{whole}},
		{"[1, 2]", "is called like a token's row", []stored{ramp(prefix+"e[token 3]"+tokensSuffix, 2, 4)}},
	} {
		expectFault(t, folder(t, configWith("trainable_token_indices", c.indices), append(pairOf(prefix+"q_proj", 2, 4, 4), c.rows...)...), c.want)
	}
}

// FuzzTokens opens rows with any trainable_token_indices: what is read has a row for each id.
func FuzzTokens(f *testing.F) {
	for _, seed := range []string{"[9, 5]", "[1, 1]", `{"embed_tokens": [9, 5]}`, `{"embed_tokens": [9, 5], "tokens": [2]}`, "null", "[]", "{}", "[-1, 1e3]", "[1e99, 2]", `{"": [1, 2]}`} {
		f.Add([]byte(seed), uint8(2))
	}
	f.Fuzz(func(t *testing.T, indices []byte, rows uint8) {
		if !json.Valid(indices) {
			return
		}
		a, err := open(folder(t, configWith("trainable_token_indices", string(indices)), append(pairOf(prefix+"q_proj", 2, 4, 4), ramp(rowsKey, int(rows)+1, 4))...), adapter.Options{})
		if err != nil {
			return
		}
		defer a.Close()
		if len(a.Modules) != int(rows)+2 {
			t.Fatalf("%s: %d modules of %d rows and a pair", indices, len(a.Modules), int(rows)+1)
		}
	})
}
