package fileindex

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// changes turn a file with the content "old content" into one with another.
var changes = map[string]func(t *testing.T, path string){
	"written":  func(t *testing.T, path string) { must(t, os.WriteFile(path, []byte("new content"), 0o600)) },
	"longer":   func(t *testing.T, path string) { write(t, path, "a longer content") },
	"shorter":  func(t *testing.T, path string) { must(t, os.Truncate(path, 3)); setTime(t, path, longAgo) },
	"replaced": replace,
	"written, and its modification time set back": func(t *testing.T, path string) {
		if idOfPath(t, path).Changed == 0 {
			t.Skip("this system doesn't tell of it")
		}
		write(t, path, "new content")
	},
}

// replace puts another file of the same size and modification time in its place.
func replace(t *testing.T, path string) {
	if idOfPath(t, path).Inode == 0 {
		t.Skip("this system doesn't tell of it")
	}
	write(t, path+"2", "new content")
	must(t, os.Rename(path+"2", path))
}

func setTime(t *testing.T, path string, modified time.Time) {
	t.Helper()
	must(t, os.Chtimes(path, modified, modified))
}

func idOfPath(t *testing.T, path string) identity {
	t.Helper()
	info, err := os.Stat(path)
	must(t, err)
	return idOf(info)
}

// awaitTick returns when the file system's clock has gone on since the file
// changed, so that the next change has another time.
func awaitTick(t *testing.T, x *Index, path string) {
	t.Helper()
	last := idOfPath(t, path)
	for {
		now, err := x.clock()
		must(t, err)
		if now.UnixNano() > last.Changed {
			return
		}
	}
}

func TestChangedFileIsUnknown(t *testing.T) {
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			x, path := open(t), newFile(t, "old content")
			hash(t, x, path, sumOf("old content"))
			wantWhole(t, x, path, sumOf("old content"))
			awaitTick(t, x, path)
			change(t, path)
			wantUnknown(t, x, path)
			content, err := os.ReadFile(path)
			must(t, err)
			hash(t, x, path, sumOf(string(content)))
			wantWhole(t, x, path, sumOf(string(content)))
		})
	}
}

func TestRemovedFileIsUnknown(t *testing.T) {
	x, path := open(t), newFile(t, "content")
	hash(t, x, path, sumOf("content"))
	must(t, os.Remove(path))
	wantUnknown(t, x, path)
}

// meddler is a context that changes something when HashWhole asks it, between
// the file's opening and its end.
type meddler struct {
	context.Context
	meddle func()
}

func (m meddler) Err() error {
	m.meddle()
	return m.Context.Err()
}

func TestFileChangesWhileItIsHashed(t *testing.T) {
	for name, change := range changes {
		if name == "replaced" {
			continue // what is hashed is then the file that was opened
		}
		t.Run(name, func(t *testing.T) {
			x, path := open(t), newFile(t, "old content")
			awaitTick(t, x, path)
			_, err := x.HashWhole(meddler{t.Context(), func() { change(t, path) }}, path)
			if want := path + ": the file changed while it was read; run again when nothing writes to it"; !errors.Is(err, ErrChanged) || err.Error() != want {
				t.Errorf("HashWhole = %v, want %s", err, want)
			}
			wantUnknown(t, x, path)
		})
	}
}

func TestFileIsReplacedWhileItIsHashed(t *testing.T) {
	x, path := open(t), newFile(t, "old content")
	_, err := x.HashWhole(meddler{t.Context(), func() { replace(t, path) }}, path)
	// Linux changes the inode's time when its last name goes; not every system does.
	if err != nil && !errors.Is(err, ErrChanged) {
		t.Errorf("HashWhole = %v, want nothing or an ErrChanged", err)
	}
	wantUnknown(t, x, path)
}

// The rule is in the package's documentation: 2 s between the last change and
// the index's opening.
func TestYoungFileIsNotRemembered(t *testing.T) {
	for _, test := range []struct {
		age   time.Duration
		known bool
	}{{-time.Hour, false}, {0, false}, {2*time.Second - 1, false}, {2 * time.Second, true}, {time.Hour, true}} {
		t.Run(test.age.String(), func(t *testing.T) {
			x, path := open(t), newFile(t, "content")
			id := idOfPath(t, path)
			x.opened = time.Unix(0, max(id.Modified, id.Changed)).Add(test.age)
			hash(t, x, path, sumOf("content"))
			if _, known := x.Whole(path); known != test.known {
				t.Errorf("known: %t, want %t", known, test.known)
			}
		})
	}
}

// A time to come, from a copy of another machine's file, may be any change's.
func TestFileFromTheFutureIsNotRemembered(t *testing.T) {
	x, path := open(t), newFile(t, "content")
	setTime(t, path, x.opened.Add(time.Hour))
	hash(t, x, path, sumOf("content"))
	wantUnknown(t, x, path)
}

func TestClockIsTheFileSystems(t *testing.T) {
	x := open(t)
	modified := func(name string) time.Time {
		path := filepath.Join(x.dir, name)
		must(t, os.WriteFile(path, nil, 0o600))
		info, err := os.Stat(path)
		must(t, err)
		return info.ModTime()
	}
	before := modified("before")
	opened := Open(x.dir).opened
	if after := modified("after"); opened.Before(before) || opened.After(after) {
		t.Errorf("it was opened at %s, between %s and %s", opened, before, after)
	}
}
