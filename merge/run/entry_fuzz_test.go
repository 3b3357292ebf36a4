package run

import (
	"bytes"
	"math"
	"runtime"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/loramerge/loramerge/stages"
)

// FuzzDecodeEntry: an entry, whatever it holds, is refused or is encoded to the same
// elements, in memory that its size bounds.
func FuzzDecodeEntry(f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte) {
		var stored entry
		var value stages.Value
		var err error
		// Of three bytes of JSON, "{}," is a part with three matrices.
		boundMemory(t, 1<<20+1000*len(data), func() { value, err = stored.decode(data, stages.Heap{}) })
		if err != nil {
			return
		}
		again := entry{Deviations: stored.Deviations}
		pieces, ok := again.encode(value)
		if !ok {
			t.Fatalf("%+v can't be encoded", value)
		}
		_, elements, _ := bytes.Cut(data, []byte{'\n'})
		if !bytes.Equal(bytes.Join(pieces[1:], nil), elements) {
			t.Fatal("other elements")
		}
	})
}

// TestEntryRoundTrip: shapes, bits and losses come back.
func TestEntryRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var value stages.Value
		for range rapid.IntRange(0, 3).Draw(t, "parts") {
			value = append(value, drawPart(t))
		}
		stored := entry{}
		if rapid.Bool().Draw(t, "lossy") {
			stored.Deviations = []entryDeviation{{Kind: stages.Truncation, Part: 1, Lost: 0.25, Norm: 3}}
		}
		pieces, ok := stored.encode(value)
		if !ok {
			t.Fatal("it can't be encoded")
		}
		var back entry
		got, err := back.decode(bytes.Join(pieces, nil), stages.Heap{})
		if err != nil || len(got) != len(value) || !slices.Equal(back.Deviations, stored.Deviations) {
			t.Fatalf("%+v, %v", back, err)
		}
		for i := range value {
			compareParts(t, got[i], value[i])
		}
	})
}

func drawPart(t *rapid.T) stages.Part {
	rows, cols := rapid.IntRange(1, 3).Draw(t, "rows"), rapid.IntRange(1, 3).Draw(t, "cols")
	switch rapid.SampledFrom([]string{"absent", "pair", "dense"}).Draw(t, "form") {
	case "pair":
		return stages.Part{A: drawMatrix(t, 2, cols), B: drawMatrix(t, rows, 2)}
	case "dense":
		return stages.Part{W: drawMatrix(t, rows, cols)}
	}
	return stages.Part{}
}

func drawMatrix(t *rapid.T, rows, cols int) stages.Matrix {
	return stages.Matrix{Rows: rows, Cols: cols, Data: rapid.SliceOfN(rapid.Float32(), rows*cols, rows*cols).Draw(t, "elements")}
}

func compareParts(t *rapid.T, got, want stages.Part) {
	a, b := got.Tensors(), want.Tensors()
	if len(a) != len(b) {
		t.Fatalf("%d tensors, want %d", len(a), len(b))
	}
	for i := range a {
		same := slices.EqualFunc(a[i].Data, b[i].Data, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
		if a[i].Rows != b[i].Rows || a[i].Cols != b[i].Cols || !same {
			t.Fatalf("%+v, want %+v", a[i], b[i])
		}
	}
}

// boundMemory fails where do allocates more than a number of bytes.
func boundMemory(t *testing.T, most int, do func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > uint64(most) {
		t.Errorf("%d bytes were allocated, more than %d", got, most)
	}
}
