package client

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/hub"
)

// FuzzListing: whatever the hub answers, what is taken stays below the snapshot, and each hash can name a blob.
func FuzzListing(f *testing.F) {
	f.Add([]byte(`{"sha": "0123456789abcdef0123456789abcdef01234567", "siblings": [{"rfilename": "adapter_config.json", "size": 3, "blobId": "0123456789abcdef0123456789abcdef01234567"}, {"rfilename": "a/b.safetensors", "lfs": {"sha256": "x", "size": -1}}]}`))
	f.Add([]byte(`{"sha": "0123456789abcdef0123456789abcdef01234567", "siblings": [{"rfilename": "../../x.safetensors"}, {"rfilename": "c:\\x.safetensors"}]}`))
	f.Add([]byte(`{"siblings": null, "sha": null}`))
	s := &store{snapshot: filepath.FromSlash("/cache/snapshot"), repository: "/cache"}
	f.Fuzz(func(t *testing.T, text []byte) {
		l, err := parseListing(text)
		if err != nil {
			return
		}
		if !hub.IsCommit(l.Commit) {
			t.Errorf("the commit is %q", l.Commit)
		}
		for _, folder := range []string{"", "a", "a/b.safetensors"} {
			take, leave, err := l.choose(hub.Reference{Owner: "acme", Name: "lora", Folder: folder})
			if err != nil {
				continue
			}
			if len(take)+len(leave) != len(l.Files) {
				t.Errorf("%d are taken and %d left, of %d", len(take), len(leave), len(l.Files))
			}
			for _, file := range take {
				below, err := filepath.Rel(filepath.Join(s.snapshot, filepath.FromSlash(folder)), s.pointer(file))
				if err != nil || !filepath.IsLocal(below) {
					t.Errorf("%q is taken for %q", file.Path, folder)
				}
				if strings.Trim(file.Hash, "0123456789abcdef") != "" || file.Size < -1 {
					t.Errorf("%+v", file)
				}
			}
		}
	})
}

// FuzzRange: the reader of ranges.
func FuzzRange(f *testing.F) {
	f.Add("bytes 100-199/200", int64(100))
	f.Add("bytes */200", int64(0))
	f.Fuzz(func(t *testing.T, text string, offset int64) {
		if startsAt(text, offset) && !strings.Contains(text, "-") {
			t.Errorf("%q starts at %d", text, offset)
		}
	})
}
