//go:build unix

package fileindex

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestLinkIsFollowed(t *testing.T) {
	x, path, other := open(t), newFile(t, "content"), newFile(t, "another")
	link := filepath.Join(t.TempDir(), "link")
	must(t, os.Symlink(path, link))
	hash(t, x, link, sumOf("content"))
	wantWhole(t, x, link, sumOf("content"))

	must(t, os.Remove(link))
	must(t, os.Symlink(other, link))
	wantUnknown(t, x, link)
	hash(t, x, link, sumOf("another"))
	wantWhole(t, x, link, sumOf("another"))
}

func TestChangeBehindALinkIsSeen(t *testing.T) {
	x, path := open(t), newFile(t, "content")
	link := filepath.Join(t.TempDir(), "link")
	must(t, os.Symlink(path, link))
	hash(t, x, link, sumOf("content"))
	must(t, os.WriteFile(path, []byte("changed"), 0o600))
	wantUnknown(t, x, link)
}

func TestPipeIsRefused(t *testing.T) {
	x, pipe := open(t), filepath.Join(t.TempDir(), "pipe")
	must(t, syscall.Mkfifo(pipe, 0o600))
	if _, err := x.HashWhole(t.Context(), pipe); err == nil || !strings.Contains(err.Error(), pipe) {
		t.Errorf("HashWhole = %v, want an error with the path", err)
	}
}
