package safetensors

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"
)

func TestUnfinishedFileIsRefused(t *testing.T) {
	w, path := newWriter(t)
	mustWriteAt(t, w, "a", make([]byte, 4), 0)
	mustWriteAt(t, w, "b", make([]byte, 6), 0)
	_, err := Open(path)
	checkFault(t, err, "not a JSON object")
}

func TestCloseOfIncompleteFile(t *testing.T) {
	tests := map[string]struct {
		a, b int
		want string
	}{
		"nothing written": {0, 0, `0 bytes of tensor "a" were written, and it has 4`},
		"one missing":     {4, 0, `0 bytes of tensor "b" were written, and it has 6`},
		"one half":        {4, 3, `3 bytes of tensor "b" were written, and it has 6`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w, path := newWriter(t)
			mustWriteAt(t, w, "a", make([]byte, test.a), 0)
			mustWriteAt(t, w, "b", make([]byte, test.b), 0)
			if err := w.Close(); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want it to say %q", err, test.want)
			}
			if _, err := Open(path); err == nil {
				t.Error("the incomplete file is accepted")
			}
			if err := w.Abort(); err != nil {
				t.Error(err)
			}
			checkGone(t, path)
		})
	}
}

func TestCloseOfFileWrittenTwice(t *testing.T) {
	w, _ := newWriter(t)
	mustWriteAt(t, w, "a", make([]byte, 4), 0)
	mustWriteAt(t, w, "a", make([]byte, 4), 0)
	mustWriteAt(t, w, "b", make([]byte, 6), 0)
	if err := w.Close(); err == nil || !strings.Contains(err.Error(), `8 bytes of tensor "a" were written, and it has 4`) {
		t.Errorf("error %v", err)
	}
}

func checkGone(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file is still there: %v", err)
	}
}

func TestAbort(t *testing.T) {
	w, path := newWriter(t)
	for range 2 {
		if err := w.Abort(); err != nil {
			t.Error(err)
		}
	}
	checkGone(t, path)
}

func TestAbortAfterClose(t *testing.T) {
	w, path := newWriter(t)
	mustWriteAt(t, w, "a", make([]byte, 4), 0)
	mustWriteAt(t, w, "b", make([]byte, 6), 0)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("closed twice: %v", err)
	}
	if err := w.Abort(); err != nil {
		t.Error(err)
	}
	mustOpen(t, path)
}
