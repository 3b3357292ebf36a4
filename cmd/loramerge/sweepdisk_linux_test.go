package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestSweepDisk: a disk that is full ends a sweep, and it goes on when there is room. One that may only be
// read is said to be so before anything is measured, and is enough where nothing is.
func TestSweepDisk(t *testing.T) {
	s := newSweeping(t, 1, "")
	want := newSweeping(t, 1, "").table(t)
	folder := filepath.Join(s.dir, "merge.sweep")
	if err := os.Mkdir(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	remount := func(flags uintptr, options string) {
		t.Helper()
		if err := unix.Mount("tmpfs", folder, "tmpfs", flags|unix.MS_REMOUNT, options); err != nil {
			t.Fatal(err)
		}
	}
	mountAt(t, folder, "size=4k") // a page, of which records take a part each
	remount(unix.MS_RDONLY, "size=4k")
	c := s.command()
	if err := c.Run(); c.ProcessState.ExitCode() != 2 || !strings.Contains(said(c), "merge.sweep: the records of the sweep can't be written: ") || !strings.Contains(said(c), "read-only") || exists(s.scored) {
		t.Errorf("on a disk that may only be read: %v\n%s", err, said(c))
	}
	remount(0, "size=4k")
	if err := os.WriteFile(filepath.Join(folder, "trials.jsonl"), append([]byte(`{"trial":`), bytes.Repeat([]byte{'\n'}, 2000)...), 0o666); err != nil { // of the 4096 bytes
		t.Fatal(err)
	}
	c = s.command()
	if err := c.Run(); c.ProcessState.ExitCode() != 1 || !strings.Contains(said(c), "the records of the sweep: ") || !strings.Contains(said(c), "no space left") {
		t.Errorf("on a full disk: %v\n%s", err, said(c))
	}
	before, recorded := s.count(), s.records("trials.jsonl")
	if len(recorded) < 2 {
		t.Fatalf("%d records before the disk was full", len(recorded))
	}
	remount(0, "size=1m")
	if got := s.table(t); got != want {
		t.Errorf("after a full disk it is\n%s\nand without\n%s", got, want)
	}
	s.wantNoneAgain(t, before, recorded)
	remount(unix.MS_RDONLY, "size=1m")
	if got := s.table(t); got != want {
		t.Errorf("on a disk that may only be read it is\n%s", got)
	}
}
