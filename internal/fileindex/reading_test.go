package fileindex

import (
	"errors"
	"maps"
	"os"
	"testing"

	"golang.org/x/sync/errgroup"
)

func begin(t *testing.T, x *Index, path string) *Reading {
	t.Helper()
	file, err := os.Open(path)
	must(t, err)
	t.Cleanup(func() { file.Close() })
	reading, err := x.Begin(path, file)
	must(t, err)
	return reading
}

var someRanges = map[string]Sum{"layers.0.lora_A.weight": sumOf("a"), "layers.0.lora_B.weight": sumOf("b")}

func TestRangesAreRemembered(t *testing.T) {
	x, path := open(t), newFile(t, "old content")
	reading := begin(t, x, path)
	if sums, known := reading.Ranges(); known {
		t.Errorf("Ranges = %v, want them unknown", sums)
	}
	must(t, reading.RememberRanges(someRanges))
	for name, get := range map[string]func() (map[string]Sum, bool){
		"the reading's": reading.Ranges,
		"the index's":   func() (map[string]Sum, bool) { return x.Ranges(path) },
	} {
		if sums, known := get(); !known || !maps.Equal(sums, someRanges) {
			t.Errorf("%s Ranges = %v, %t, want %v", name, sums, known, someRanges)
		}
	}
	wantUnknown(t, x, path)
}

func TestWholeAndRangesAreKnownTogether(t *testing.T) {
	x, path := open(t), newFile(t, "old content")
	reading := begin(t, x, path)
	var remembering errgroup.Group
	remembering.Go(func() error { return reading.RememberRanges(someRanges) })
	remembering.Go(func() error { return reading.RememberWhole(sumOf("old content")) })
	must(t, remembering.Wait())
	wantWhole(t, x, path, sumOf("old content"))
	if sums, known := x.Ranges(path); !known || !maps.Equal(sums, someRanges) {
		t.Errorf("Ranges = %v, %t, want %v", sums, known, someRanges)
	}
}

// What is remembered of a file goes with it: none of it is true of the next.
func TestRangesOfAChangedFileAreUnknown(t *testing.T) {
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			x, path := open(t), newFile(t, "old content")
			must(t, begin(t, x, path).RememberRanges(someRanges))
			awaitTick(t, x, path)
			change(t, path)
			must(t, begin(t, x, path).RememberWhole(sumOf("whatever")))
			if sums, known := x.Ranges(path); known {
				t.Errorf("Ranges = %v, want them unknown", sums)
			}
		})
	}
}

func TestReadingSeesTheChange(t *testing.T) {
	x, path := open(t), newFile(t, "old content")
	reading := begin(t, x, path)
	must(t, reading.Unchanged())
	awaitTick(t, x, path)
	must(t, os.WriteFile(path, []byte("new content"), 0o600))
	for name, err := range map[string]error{
		"Unchanged":      reading.Unchanged(),
		"RememberWhole":  reading.RememberWhole(sumOf("old content")),
		"RememberRanges": reading.RememberRanges(someRanges),
	} {
		if !errors.Is(err, ErrChanged) {
			t.Errorf("%s = %v, want an ErrChanged", name, err)
		}
	}
	wantUnknown(t, x, path)
}

// A path that leads to another file since the opening has nothing of the open one.
func TestReadingIsOfTheOpenFile(t *testing.T) {
	x, path := open(t), newFile(t, "old content")
	hash(t, x, path, sumOf("old content"))
	reading := begin(t, x, path)
	replace(t, path)
	hash(t, x, path, sumOf("new content"))
	if sum, known := reading.Whole(); known {
		t.Errorf("Whole = %s, want it unknown", sum)
	}
}
