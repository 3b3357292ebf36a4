package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

var savedFor = regexp.MustCompile(`save: .*, for: ([a-z.-]+|\[[a-z., -]+\])`)

// baseConfig is the config.json of a Llama model that the example adapters fit.
const baseConfig = `{"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 32, "intermediate_size": 48,
	"num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8, "num_hidden_layers": 3, "vocab_size": 64}`

// TestServingPage runs the recipes of docs/serving.md beside a copy of the example adapters, and
// the lines that save the first one's merge each as a stage of it. Nothing may be warned of, and
// every word of `for` must be in one of them.
func TestServingPage(t *testing.T) {
	markdown, err := os.ReadFile(filepath.Join(docs, "serving.md"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "adapters"), os.DirFS("../../testdata/adapters")); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.MkdirAll(filepath.Join(dir, "models", "org-base"), 0o777), os.WriteFile(filepath.Join(dir, "models", "org-base", "config.json"), []byte(baseConfig), 0o666)); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	merge, shown := "", []string{"peft"} // which needs no word
	for _, b := range fences(string(markdown)) {
		if b.language != "yaml" {
			continue
		}
		text := b.text
		if !strings.HasPrefix(text, "version: 1\n") {
			text = merge + text
		}
		found := savedFor.FindAllStringSubmatch(text, -1)
		if len(found) == 0 {
			merge = text
			continue
		}
		for _, m := range found {
			shown = append(shown, strings.FieldsFunc(m[1], func(r rune) bool { return strings.ContainsRune("[], ", r) })...)
		}
		if err := os.WriteFile(filepath.Join(dir, "page.yaml"), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		command := exec.Command("loramerge", "run", "--update-lock", "page.yaml")
		command.Dir = dir
		if output, err := command.CombinedOutput(); err != nil || strings.Contains(string(output), "warning") {
			t.Errorf("%v\n%s%s", err, text, output)
		}
	}
	for _, reader := range readerWords(t) {
		if !slices.Contains(shown, reader) {
			t.Errorf("the page has no line with `for: %s`", reader)
		}
	}
}

// readerWords are those of save's `for`.
func readerWords(t *testing.T) []string {
	t.Helper()
	for _, kind := range stages.All {
		for _, param := range kind.Params {
			if words, ok := param.Type.(recipe.ChoicesType); ok && kind.Name == "save" && param.Name == "for" {
				return words.Words
			}
		}
	}
	t.Fatal("save has no `for`")
	return nil
}
