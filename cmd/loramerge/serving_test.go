package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestServingPage runs the recipes of docs/serving.md beside a copy of the example adapters, and
// the lines that save the first one's merge each as a stage of it. Nothing may be warned of.
func TestServingPage(t *testing.T) {
	markdown, err := os.ReadFile(filepath.Join(docs, "serving.md"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "adapters"), os.DirFS("../../testdata/adapters")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	merge := ""
	for _, b := range fences(string(markdown)) {
		if b.language != "yaml" {
			continue
		}
		text := b.text
		if !strings.HasPrefix(text, "version: 1\n") {
			text = merge + text
		}
		if !strings.Contains(text, "save:") {
			merge = text
			continue
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
}
