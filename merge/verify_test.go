package merge_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/merge"
)

func verify(t *testing.T, out, from string) *merge.Verdict {
	t.Helper()
	verdict, err := merge.Verify(t.Context(), out, from, merge.RunOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return verdict
}

func TestVerifySame(t *testing.T) {
	for name, lines := range ways {
		recipe := work(t, alike(), append(lines, "o: {save: m, to: out}", "p: {save: a, to: deep/er/copy}")...)
		options := merge.RunOptions{Version: "v1.2.3", Cache: openCache(t, t.TempDir()), CacheMode: merge.CacheAll}
		if _, err := runWith(t, recipe, options); err != nil {
			t.Fatal(err)
		}
		for _, out := range []string{"out", "deep/er/copy"} {
			if verdict := verify(t, filepath.Join(filepath.Dir(recipe), out), ""); !verdict.Same {
				t.Errorf("%s, %s: %s", name, out, verdict.Difference)
			}
		}
	}
}

// TestVerifyFlippedByte: whichever tensor is spoilt, its module is named.
func TestVerifyFlippedByte(t *testing.T) {
	recipe, _ := held(t)
	out := filepath.Join(filepath.Dir(recipe), "out")
	path := filepath.Join(out, adapter.WeightsFile)
	whole := readText(t, path)
	opened := openAdapter(t, out)
	header := len(whole)
	for _, m := range opened.Modules {
		for _, tensor := range m.Tensors() {
			header = min(header, len(whole)-int(tensor.Begin+tensor.Size()))
		}
	}
	for _, m := range opened.Modules {
		at := header + int(m.B.Begin+m.B.Size()) - 4 // the last element's least byte
		writeFile(t, path, []byte(flipped(whole, at)))
		verdict := verify(t, out, "")
		if verdict.Same || !strings.Contains(verdict.Difference, `module "`+m.Name+`" is the first that differs`) {
			t.Errorf("%s: %+v", m.Name, verdict)
		}
	}
}

func TestVerifyChangedInput(t *testing.T) {
	recipe, _ := held(t)
	change(t, recipe)
	verdict := verify(t, filepath.Join(filepath.Dir(recipe), "out"), "")
	if verdict.Same || !strings.HasPrefix(verdict.Difference, `input "b" (b) has changed since: its weights were sha256:`) {
		t.Errorf("%+v", verdict)
	}
}

// TestVerifyMoved: an output that was moved away from its recipe is told where that lies.
func TestVerifyMoved(t *testing.T) {
	recipe, _ := held(t)
	moved := filepath.Join(t.TempDir(), "moved")
	if err := os.Rename(filepath.Join(filepath.Dir(recipe), "out"), moved); err != nil {
		t.Fatal(err)
	}
	if _, err := merge.Verify(t.Context(), moved, "", merge.RunOptions{}); err == nil {
		t.Error("its inputs were found")
	}
	if verdict := verify(t, moved, filepath.Dir(recipe)); !verdict.Same {
		t.Error(verdict.Difference)
	}
}

// TestVerifyAbove: an output above its recipe's folder doesn't say where that is.
func TestVerifyAbove(t *testing.T) {
	recipe := work(t, alike(), "o: {save: a, to: ../above}")
	if _, err := runWith(t, recipe, merge.RunOptions{}); err != nil {
		t.Fatal(err)
	}
	above := filepath.Join(filepath.Dir(recipe), "..", "above")
	if _, err := merge.Verify(t.Context(), above, "", merge.RunOptions{}); err == nil || !strings.Contains(err.Error(), "--from") {
		t.Errorf("error %v", err)
	}
	if verdict := verify(t, above, filepath.Dir(recipe)); !verdict.Same {
		t.Error(verdict.Difference)
	}
}
