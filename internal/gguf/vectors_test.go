package gguf

import (
	"os"
	"path/filepath"
	"testing"
)

// TestVectors reads files that other programs wrote. Some of those that are to be refused are
// sound GGUF files: what is wrong with them concerns adapters.
func TestVectors(t *testing.T) {
	const folder = "../../../shared/formats/vectors/gguf"
	if _, err := os.Stat(folder); err != nil {
		t.Skip("no vectors here:", err)
	}
	asAdapters := map[string]bool{"alpha-is-a-string.gguf": true, "not-an-adapter.gguf": true, "not-lora.gguf": true, "one-half.gguf": true, "rank-mismatch.gguf": true, "unknown-suffix.gguf": true}
	for _, pattern := range []string{"*.gguf", "ok/*.gguf", "bad/*.gguf", "either/*.gguf"} {
		files, err := filepath.Glob(filepath.Join(folder, pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v, %v", pattern, files, err)
		}
		for _, path := range files {
			refused := filepath.Dir(pattern) == "bad" && !asAdapters[filepath.Base(path)] || filepath.Dir(pattern) == "either"
			f, err := Open(path)
			if err == nil {
				f.Close()
			}
			if refused {
				checkRefused(t, err, "")
			} else if err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
}
