package hub_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/hub"
)

const (
	commit = "0123456789abcdef0123456789abcdef01234567"
	newer  = "fedcba9876543210fedcba9876543210fedcba98"
)

// cached is a cache with files of the repository acme/lora by their paths below its folder. A text
// that begins with "-> " is where a link leads.
func cached(t *testing.T, files map[string]string) hub.Cache {
	t.Helper()
	dir := t.TempDir()
	for path, text := range files {
		path = filepath.Join(dir, "models--acme--lora", filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if target, link := strings.CutPrefix(text, "-> "); link {
			if err := os.Symlink(filepath.FromSlash(target), path); err != nil {
				t.Skip("no symbolic links here:", err)
			}
		} else if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return hub.Cache(dir)
}

const snapshot = "snapshots/" + commit + "/"

func TestFind(t *testing.T) {
	cache := cached(t, map[string]string{
		"refs/main":                                 commit,
		"refs/v1.0":                                 commit + "\n",
		"refs/refs/pr/1":                            commit,
		"refs/feature/foo":                          commit,
		"refs/nowhere":                              newer,
		"refs/text":                                 "../../../etc",
		"refs/long":                                 strings.Repeat("0", 1<<20),
		"refs/short":                                commit[:39],
		"blobs/aa":                                  "{}",
		"blobs/bb":                                  "weights",
		snapshot + "adapter_config.json":            "-> ../../blobs/aa",
		snapshot + "adapter_model.safetensors":      "-> ../../blobs/bb",
		snapshot + "real/adapter_config.json":       "{}", // as on systems without links
		snapshot + "real/pytorch.safetensors":       "weights",
		snapshot + "alone/unet.safetensors":         "weights",
		snapshot + "part/adapter_config.json":       "-> ../../../blobs/aa",
		snapshot + "late/adapter_model.safetensors": "-> ../../../blobs/bb",
		snapshot + "gone/adapter_config.json":       "-> ../../../blobs/aa",
		snapshot + "gone/adapter_model.safetensors": "-> ../../../blobs/cc",
		snapshot + "lost":                           "-> ../../blobs/cc",
		snapshot + "text/adapter_config.json":       "../../../blobs/aa", // what git makes of links on systems without
		snapshot + "text/adapter_model.safetensors": "../../../blobs/bb",
	})
	for reference, want := range map[string]string{
		"hf://acme/lora":                        snapshot,
		"hf://acme/lora@v1.0":                   snapshot,
		"hf://acme/lora@refs/pr/1":              snapshot,
		"hf://acme/lora@feature%2Ffoo":          snapshot,
		"hf://acme/lora@" + commit:              snapshot,
		"hf://acme/lora@v1.0/real":              snapshot + "real",
		"hf://acme/lora/alone":                  snapshot + "alone",
		"hf://acme/lora/alone/unet.safetensors": snapshot + "alone/unet.safetensors",
		"hf://acme/lora@" + newer:               "!is not in the Hub's local cache",
		"hf://acme/lora@nowhere":                "!hf://acme/lora@" + newer + " is not in the Hub's local cache",
		"hf://acme/lora@other":                  "!is not in the Hub's local cache",
		"hf://acme/other":                       "!is not in the Hub's local cache",
		"hf://acme/lora/none":                   "!is not in the Hub's local cache",
		"hf://acme/lora@text":                   "!should hold the 40 digits of a commit",
		"hf://acme/lora@long":                   "!should hold the 40 digits of a commit",
		"hf://acme/lora@short":                  "!should hold the 40 digits of a commit",
		"hf://acme/lora@text%2Fx":               "!is in the Hub's local cache, and can't be read",
		"hf://acme/lora@feature":                "!is in the Hub's local cache, and is no regular file; remove it, and fetch again",
		"hf://acme/lora/part":                   "!has no weights in the Hub's local cache",
		"hf://acme/lora/late":                   "!has no adapter_config.json in the Hub's local cache",
		"hf://acme/lora/gone":                   "!leads to nothing",
		"hf://acme/lora/lost":                   "!leads to nothing",
		"hf://acme/lora/text":                   "!holds the text of a link",
	} {
		r, err := hub.Parse(reference)
		if err != nil {
			t.Fatal(err)
		}
		found, err := cache.Find(r)
		if why, wrong := strings.CutPrefix(want, "!"); wrong {
			if _, ok := err.(*fault.Fault); !ok || !strings.Contains(err.Error(), why) {
				t.Errorf("%s: %+v, %v; want %q", reference, found, err, why)
			}
			continue
		}
		if path := filepath.Join(cache.Repository(r), filepath.FromSlash(want)); err != nil || found.Path != path || found.Commit != commit {
			t.Errorf("%s: %+v, %v; want %s", reference, found, err, path)
		}
	}
}

// TestFindShared: a cache of the hub's libraries, with two commits and three names for them.
func TestFindShared(t *testing.T) {
	cache := hub.Cache(relinked(t, shared(t, "cache")))
	for reference, commit := range map[string]string{
		"hf://example-org/tiny-lora":                                                      "5b46cfdb8ad642825d1905722e2edac685d05ca7",
		"hf://example-org/tiny-lora/checkpoint-10":                                        "5b46cfdb8ad642825d1905722e2edac685d05ca7",
		"hf://example-org/tiny-lora@v1.0":                                                 "e222c55103b27498bcf2076a9a063988e4fec6b4",
		"hf://example-org/tiny-lora@refs/pr/1":                                            "e222c55103b27498bcf2076a9a063988e4fec6b4",
		"hf://models/example-org/tiny-lora@" + "5b46cfdb8ad642825d1905722e2edac685d05ca7": "5b46cfdb8ad642825d1905722e2edac685d05ca7",
	} {
		r, err := hub.Parse(reference)
		if err != nil {
			t.Fatal(err)
		}
		found, err := cache.Find(r)
		if err != nil || found.Commit != commit {
			t.Errorf("%s: %+v, %v; want %s", reference, found, err, commit)
		}
		if _, err := os.ReadFile(filepath.Join(found.Path, "adapter_model.safetensors")); err != nil {
			t.Errorf("%s: %v", reference, err)
		}
	}
}

// relinked is a copy of a cache, with its links where only their text has come along.
func relinked(t *testing.T, from string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	snapshots, err := filepath.Glob(filepath.Join(dir, "models--*", "snapshots", "*"))
	if err != nil || len(snapshots) == 0 {
		t.Fatal("no snapshots in", from, err)
	}
	for _, snapshot := range snapshots {
		err := filepath.WalkDir(snapshot, func(path string, entry os.DirEntry, err error) error {
			if err != nil || !entry.Type().IsRegular() {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil || !strings.HasPrefix(string(text), "../") {
				return err
			}
			if err := os.Remove(path); err != nil {
				return err
			}
			return os.Symlink(filepath.FromSlash(string(text)), path)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// FuzzCommit: whatever a file in refs holds, what is found is a commit's name or an error.
func FuzzCommit(f *testing.F) {
	for _, text := range []string{commit, commit + "\n", "../../etc", "", strings.Repeat("0", 2000)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := hub.Reference{Owner: "acme", Name: "lora"}
		got, err := cached(t, map[string]string{"refs/main": "x" + text, "refs/v1": text}).Commit(r.At("v1"))
		if err == nil && (!hub.IsCommit(got) || got != strings.TrimSpace(text)) {
			t.Errorf("%q is read as the commit %q", text, got)
		}
	})
}
