package peft

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The forms of PEFT's keys, as expressions; the adapter's name stands inside raw
// checkpoints only (peft/utils/save_and_load.py removes it).
var (
	pairForm      = regexp.MustCompile(`^(.+)\.lora_([AB])(?:\.([^.]+))?\.weight$`)
	embeddingForm = regexp.MustCompile(`^(.+)\.lora_embedding_([AB])(?:\.([^.]+))?$`)
)

// TestKeyForms: parseKey, which is ten times as fast, takes apart what the expressions do.
func TestKeyForms(t *testing.T) {
	words := rapid.SampledFrom([]string{"", ".", "x", "0", "lora_A", "lora_B", "lora_embedding_A", "lora_embedding_B", "lora_C", "weight", "default", "A", "model"})
	rapid.Check(t, func(t *rapid.T) {
		rest := strings.Join(rapid.SliceOfN(words, 0, 7).Draw(t, "parts"), rapid.SampledFrom([]string{".", ".", ""}).Draw(t, "between"))
		prefixes := rapid.IntRange(0, 2).Draw(t, "prefixes")
		name := strings.Repeat(prefix, prefixes) + rest
		want := key{module: rest, slot: slotW, prefixes: prefixes}
		for _, form := range []*regexp.Regexp{embeddingForm, pairForm} { // where both match, it is half a pair
			if m := form.FindStringSubmatch(rest); m != nil {
				want.module, want.slot, want.embedding, want.infix = m[1], slot(m[2][0]-'A'), form == embeddingForm, m[3]
			}
		}
		if got := parseKey(name); got != want {
			t.Fatalf("%q: %+v, want %+v", name, got, want)
		}
	})
}
