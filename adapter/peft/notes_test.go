package peft

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/loramerge/loramerge/adapter"
)

// noteTexts are the adapter's notes without what goes with them.
func noteTexts(a *adapter.Adapter) []string {
	var texts []string
	for _, note := range a.Notes {
		texts = append(texts, note.Text)
	}
	return texts
}

func TestNotes(t *testing.T) {
	pair := pairOf("h.q_proj", 2, 3, 4)
	half := []stored{pair[0], {name: pair[1].name, dtype: adapter.BF16, shape: []int{4, 2}, values: make([]float32, 8)}}
	for _, c := range []struct {
		fields  []string
		tensors []stored
		want    []string
	}{
		{nil, pair, nil},
		{[]string{"base_model_name_or_path", "null"}, pair, []string{"names no base model"}},
		{[]string{"base_model_name_or_path", `""`}, pair, []string{"names no base model"}},
		{[]string{"lora_alpha", "0"}, pair, []string{"lora_alpha is 0, so that the pairs have no effect"}},
		{[]string{"target_modules", `["q_proj", "c_attn", "\u001b[31m"]`}, pair,
			[]string{`target_modules names "c_attn", "\x1b[31m", which have no tensors`}},
		{[]string{"target_modules", `".*proj"`}, pair, nil},
		{[]string{"modules_to_save", `["score", "h"]`}, append(pairOf("h.q_proj", 2, 3, 4), ramp("score.weight", 2)),
			[]string{`modules_to_save names "h", which has no tensors`}},
		{[]string{"use_new_thing", "false", "another", "0", "third", "[ ]", "fourth", "{}", "fifth", `""`, "sixth", "null"}, pair, nil},
		{[]string{"r", "8"}, pair, []string{"1 module has another rank than adapter_config.json says; the tensors' own rank is used"}},
		{[]string{"r", "8", "rank_pattern", `{"q_proj": 2}`}, pair, nil},
		{[]string{"rank_pattern", `{"q_proj": 3}`}, pair, []string{"1 module has another rank than adapter_config.json says; the tensors' own rank is used"}},
		{nil, []stored{{name: pair[0].name, dtype: adapter.F64, shape: []int{2, 3}, values: make([]float32, 6)}, {name: pair[1].name, dtype: adapter.F64, shape: []int{4, 2}, values: make([]float32, 8)}},
			[]string{"holds float64, which is computed with in float32"}},
		{nil, half, []string{"mixes the dtypes BF16, F32"}},
		{nil, []stored{ramp("h.q_proj.lora_A.weight", 2, 3), ramp("h.q_proj.lora_B.weight", 4, 2)}, []string{`keys have the prefix "base_model.model." 0 times`}},
	} {
		if a := opened(t, configWith(c.fields...), c.tensors...); !slices.Equal(noteTexts(a), c.want) {
			t.Errorf("%q: got %q", c.fields, noteTexts(a))
		}
	}
}

// What this version does not know is a note once it is allowed.
func TestNoteOfAllowedField(t *testing.T) {
	path := folder(t, configWith("use_new_thing", "true"), pairOf("h.q_proj", 2, 3, 4)...)
	a, err := open(path, adapter.Options{AllowUnknown: []string{"use_new_thing"}})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if want := []string{`adapter_config.json sets "use_new_thing", which this version does not know and does not carry over`}; !slices.Equal(noteTexts(a), want) {
		t.Errorf("got %q", noteTexts(a))
	}
}

// VeLoRA's projection of stored activations has no part in what the adapter does.
func TestNoteOfTensorForTraining(t *testing.T) {
	a := opened(t, configWith("velora_config", `{"num_groups": 1}`), append(pairOf("h.q_proj", 2, 3, 4), ramp("base_model.model.h.q_proj.lora_velora_embed", 3))...)
	want := []string{`has tensors that only training needs, which are left out, such as "base_model.model.h.q_proj.lora_velora_embed"`}
	if len(a.Modules) != 1 || !slices.Equal(noteTexts(a), want) {
		t.Errorf("%d modules, notes %q", len(a.Modules), noteTexts(a))
	}
}

// Weights, tokenizers and chat templates beside the adapter are named; what a trainer
// alone needs, and texts, are not.
func TestNotesOfFilesBeside(t *testing.T) {
	path := folder(t, configWith(), pairOf("q_proj", 2, 3, 4)...)
	for _, name := range []string{"new_embeddings.safetensors", "value_head.bin", "non_lora_trainables.bin", "tokenizer.json", "added_tokens.json", "chat_template.jinja",
		"README.md", "optimizer.pt", "training_args.bin", "rng_state_0.pth", "trainer_state.json"} {
		writeFile(t, filepath.Join(path, name), nil)
	}
	want := []string{
		"new_embeddings.safetensors is next to the adapter; its weights are not merged",
		"non_lora_trainables.bin is next to the adapter; its weights are not merged",
		"value_head.bin is next to the adapter; its weights are not merged",
		"a tokenizer is next to the adapter and is not copied (added_tokens.json, tokenizer.json)",
		"a chat template is next to the adapter and is not copied (chat_template.jinja)",
	}
	if a := mustOpen(t, path); !slices.Equal(noteTexts(a), want) {
		t.Errorf("got %q", noteTexts(a))
	}
}

// What lies behind one link leads through that link.
func TestOneLinkForAllBehindIt(t *testing.T) {
	above := t.TempDir()
	if err := os.Rename(folder(t, configWith(), pairOf("q_proj", 2, 3, 4)...), filepath.Join(above, "a")); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(above, link); err != nil {
		t.Skip("no symbolic links here")
	}
	if a := mustOpen(t, filepath.Join(link, "a")); !slices.Equal(noteTexts(a), []string{link + " leads through a symbolic link to " + above}) {
		t.Errorf("got %q", noteTexts(a))
	}
}

func TestNoteOfSymbolicLink(t *testing.T) {
	real := folder(t, configWith(), pairOf("q_proj", 2, 3, 4)...)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(real, link); err != nil {
		t.Skip("no symbolic links here")
	}
	if a := mustOpen(t, link); !slices.Equal(noteTexts(a), []string{link + " leads through a symbolic link to " + real}) {
		t.Errorf("got %q", noteTexts(a))
	}
}
