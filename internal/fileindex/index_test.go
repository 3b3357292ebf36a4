package fileindex

import (
	"context"
	"crypto/sha256"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// open returns an index to which every file is old enough.
func open(t testing.TB) *Index {
	t.Helper()
	x := Open(filepath.Join(t.TempDir(), "index"))
	x.opened = x.opened.Add(time.Hour)
	return x
}

// write writes a file and gives it a modification time that no later writing has.
func write(t testing.TB, path, content string) string {
	t.Helper()
	must(t, os.WriteFile(path, []byte(content), 0o600))
	must(t, os.Chtimes(path, longAgo, longAgo))
	return path
}

var longAgo = time.Unix(1_600_000_000, 123_456_789)

func newFile(t testing.TB, content string) string {
	t.Helper()
	return write(t, filepath.Join(t.TempDir(), "file"), content)
}

func sumOf(content string) Sum { return sha256.Sum256([]byte(content)) }

func wantWhole(t *testing.T, x *Index, path string, want Sum) {
	t.Helper()
	if sum, known := x.Whole(path); !known || sum != want {
		t.Errorf("Whole = %s, %t, want %s", sum, known, want)
	}
}

func wantUnknown(t *testing.T, x *Index, path string) {
	t.Helper()
	if sum, known := x.Whole(path); known {
		t.Errorf("Whole = %s, want it unknown", sum)
	}
}

func hash(t *testing.T, x *Index, path string, want Sum) {
	t.Helper()
	if sum, err := x.HashWhole(t.Context(), path); err != nil || sum != want {
		t.Fatalf("HashWhole = %s, %v, want %s", sum, err, want)
	}
}

func TestHashIsRemembered(t *testing.T) {
	for _, size := range []int{0, 1, pieceSize, 3*pieceSize + 1} {
		x, content := open(t), strings.Repeat("x", size)
		path := newFile(t, content)
		wantUnknown(t, x, path)
		hash(t, x, path, sumOf(content))
		wantWhole(t, x, path, sumOf(content))
	}
}

// A sum that cannot have been computed shows that nothing was.
func TestKnownFileIsNotHashed(t *testing.T) {
	x, path := open(t), newFile(t, "content")
	file, err := os.Open(path)
	must(t, err)
	defer file.Close()
	reading, err := x.Begin(path, file)
	must(t, err)
	must(t, reading.RememberWhole(sumOf("remembered")))
	hash(t, x, path, sumOf("remembered"))
}

func TestRelativePathsAreTheSame(t *testing.T) {
	x, path := open(t), newFile(t, "content")
	t.Chdir(filepath.Dir(path))
	hash(t, x, "file", sumOf("content"))
	wantWhole(t, x, path, sumOf("content"))
	t.Chdir(t.TempDir())
	wantUnknown(t, x, "file")
}

func TestUnusableFolder(t *testing.T) {
	path := newFile(t, "content")
	x := Open(filepath.Join(path, "index"))
	hash(t, x, path, sumOf("content"))
	wantUnknown(t, x, path)
}

func TestUnreadableFiles(t *testing.T) {
	x, missing := open(t), filepath.Join(t.TempDir(), "missing")
	if _, err := x.HashWhole(t.Context(), missing); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("HashWhole = %v, want that there is none", err)
	}
	folder := t.TempDir()
	if _, err := x.HashWhole(t.Context(), folder); err == nil || !strings.Contains(err.Error(), folder+": not a regular file; copy what it yields to one") {
		t.Errorf("HashWhole of a folder = %v", err)
	}
}

func TestHashingStops(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	cancel(enough)
	x, path := open(t), newFile(t, "content")
	if _, err := x.HashWhole(ctx, path); !errors.Is(err, enough) || !strings.Contains(err.Error(), path) {
		t.Errorf("HashWhole = %v, want the cause and the path", err)
	}
	wantUnknown(t, x, path)
}
