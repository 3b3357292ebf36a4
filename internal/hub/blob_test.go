package hub_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/hub"
)

// TestCheckBlob: the names are those of `printf 'hello\n' | git hash-object --stdin` and `printf 'hello\n' | sha256sum`.
func TestCheckBlob(t *testing.T) {
	const ofGit, ofSHA256 = "ce013625030ba8dba906f756967f9e9ca394464a", "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
	for _, name := range []string{ofGit, ofSHA256} {
		repository := filepath.Join(t.TempDir(), "models--acme--lora")
		blob, pointer := filepath.Join(repository, "blobs", name), filepath.Join(repository, "snapshots", "x", "file")
		for _, path := range []string{blob, pointer} {
			if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Symlink(blob, pointer); err != nil {
			t.Skip("no links here")
		}
		for content, want := range map[string]string{"hello\n": "", "hello": "is damaged in the Hub's local cache: its hash is "} {
			if err := os.WriteFile(blob, []byte(content), 0o666); err != nil {
				t.Fatal(err)
			}
			err := hub.CheckBlob(pointer, "")
			if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "and the Hub's is "+name)) {
				t.Errorf("%s, %q: %v", name, content, err)
			}
		}
		if err := hub.CheckBlob(pointer, ofSHA256); name == ofSHA256 && err != nil {
			t.Errorf("by a hash that is known: %v", err)
		}
	}
	plain := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(plain, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := hub.CheckBlob(plain, ""); err != nil || hub.CheckBlob(plain+"-absent", "") != nil {
		t.Errorf("outside of a cache: %v", err)
	}
}

// TestNoHome: where no home folder is known nothing is looked for in a folder called ~.
func TestNoHome(t *testing.T) {
	reference, err := hub.Parse("hf://acme/lora")
	if err != nil {
		t.Fatal(err)
	}
	for value, want := range map[string]string{
		"":      "the Hub's local cache, " + filepath.FromSlash("~/.cache/huggingface/hub") + ", is below a home folder that is not known; set HF_HOME to the path of the folder to keep it in",
		"/data": "hf://acme/lora is not in the Hub's local cache, " + filepath.FromSlash("/data/hub"),
	} {
		cache := hub.Environment{Get: func(name string) string { return map[string]string{"HF_HOME": value}[name] }}.Cache()
		if _, err := cache.Find(reference); err == nil || err.Error() != want {
			t.Errorf("HF_HOME %q: %v", value, err)
		}
	}
}
