package adapter

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"github.com/loramerge/loramerge/internal/safetensors"
)

// stackCase is a stored tensor [rows, columns·many] of one dtype in which matrices take turns: element
// [i, j] of the at-th is element [i, j·many + at], as in PEFT's lora_B of stacked experts.
type stackCase struct {
	rows, columns, many int
	dtype               DType
}

// value is one that every float dtype but BF16 holds.
func (c stackCase) value(at, i, j int) float32 {
	return float32((i*31+j*7+at)%2048 - 1024)
}

func (c stackCase) matrix(at int) []float32 {
	var x []float32
	for i := range c.rows {
		for j := range c.columns {
			x = append(x, c.value(at, i, j))
		}
	}
	return x
}

func (c stackCase) layer() *Module {
	return &Module{Name: "experts.up", Form: Expert, Rank: c.columns, Scale: 1,
		A: Tensor{DType: c.dtype, Shape: []int{c.columns * c.many, 3}}, B: Tensor{DType: c.dtype, Shape: []int{c.rows, c.columns * c.many}}}
}

// write writes the stack, part by part in an order.
func (c stackCase) write(t interface{ Fatal(...any) }, path string, order []int) *Writer {
	layer := c.layer()
	layout := &Layout{Packing: Safetensors, Stored: []Place{{Spec: safetensors.Spec{Name: "b", DType: c.dtype, Shape: layer.B.Shape}, Module: layer, Index: 1, TakeTurns: true}}}
	w, err := layout.Create(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for _, at := range order {
		group.Go(func() {
			part := *layer
			part.Name = PartName(layer.Name, at, c.many)
			if c.many == 1 {
				part.Name = layer.Name
			}
			if err := w.Write(&part, 1, c.matrix(at)); err != nil {
				panic(err)
			}
		})
	}
	group.Wait()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w
}

// TestTurns: matrices of a stack are written where its formula says, and read as they were.
func TestTurns(t *testing.T) {
	folder := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		c := stackCase{rapid.IntRange(1, 40).Draw(t, "rows"), rapid.IntRange(1, 9).Draw(t, "columns"), rapid.IntRange(1, 300).Draw(t, "many"), rapid.SampledFrom([]DType{F16, BF16, F32, F64}).Draw(t, "dtype")}
		order := rapid.Permutation(upTo(c.many)).Draw(t, "order")
		path := filepath.Join(folder, "f")
		c.write(t, path, order)
		defer os.Remove(path)
		store, err := OpenSafetensors(path)
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		a := &Adapter{Store: store}
		stored := Stored(store.Tensors()[0])
		whole := make([]float32, c.rows*c.columns*c.many)
		if err := a.Read(stored, whole); err != nil {
			t.Fatal(err)
		}
		for _, at := range order {
			part, x := stored.Turn("part", at, c.many), make([]float32, c.rows*c.columns)
			if err := a.Read(part, x); err != nil {
				t.Fatal(err)
			}
			flipped, y := part.Reordered("flipped", []int{c.columns, c.rows}, Order{Row: 1, Column: c.columns}), make([]float32, len(x))
			if err := a.Read(flipped, y); err != nil {
				t.Fatal(err)
			}
			raw := make([]byte, part.Size())
			if err := a.ReadRaw(part, raw); err != nil {
				t.Fatal(err)
			}
			decoded := make([]float32, len(x))
			Decode(decoded, raw, c.dtype)
			if !slices.Equal(decoded, x) {
				t.Fatalf("part %d: raw bytes %v, and %v", at, decoded, x)
			}
			for i := range c.rows {
				for j := range c.columns {
					want := round(c.value(at, i, j), c.dtype)
					if got := whole[i*c.columns*c.many+j*c.many+at]; got != want || x[i*c.columns+j] != want || y[j*c.rows+i] != want {
						t.Fatalf("part %d, element [%d %d]: stored %v, read %v, transposed %v, want %v", at, i, j, got, x[i*c.columns+j], y[j*c.rows+i], want)
					}
				}
			}
		}
	})
}

func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// round is x as a dtype holds it: of BF16 its upper half, rounded to nearest even.
func round(x float32, dtype DType) float32 {
	if dtype != BF16 {
		return x
	}
	bits := math.Float32bits(x)
	return math.Float32frombits((bits + 0x7fff + bits>>16&1) &^ 0xffff)
}

// counted counts what is read.
type counted struct {
	Store
	bytes atomic.Int64
	fail  atomic.Bool
}

func (c *counted) ReadAt(t safetensors.Tensor, p []byte, off int64) error {
	if c.fail.Load() {
		return errors.New("the disk is gone")
	}
	c.bytes.Add(int64(len(p)))
	return c.Store.ReadAt(t, p, off)
}

// TestStacksAreReadOnce: however many goroutines read the experts of a stack, it is read once; and a
// failure is not remembered.
func TestStacksAreReadOnce(t *testing.T) {
	c := stackCase{rows: 500, columns: 4, many: 128, dtype: F32}
	path := filepath.Join(t.TempDir(), "f")
	c.write(t, path, upTo(c.many))
	file, err := OpenSafetensors(path)
	if err != nil {
		t.Fatal(err)
	}
	store := &counted{Store: file}
	defer store.Close()
	a := &Adapter{Store: store}
	stored := Stored(store.Tensors()[0])
	store.fail.Store(true)
	if err := a.Read(stored.Turn("part", 0, c.many), make([]float32, c.rows*c.columns)); err == nil || !strings.Contains(err.Error(), "cannot be read") {
		t.Errorf("got %v", err)
	}
	store.fail.Store(false)
	var group sync.WaitGroup
	for at := range c.many {
		group.Go(func() {
			part, bytes := stored.Turn("part", at, c.many), []byte(nil)
			if err := a.ReadBlocks(context.Background(), part, func(block []byte) { bytes = append(bytes, block...) }); err != nil {
				t.Error(err)
			}
			if want := c.value(at, 499, 3); math.Float32frombits(binary.LittleEndian.Uint32(bytes[len(bytes)-4:])) != want {
				t.Errorf("part %d ends with % x, want %v", at, bytes[len(bytes)-4:], want)
			}
		})
	}
	group.Wait()
	if got, want := store.bytes.Load(), int64(4*c.rows*c.columns*c.many); got != want {
		t.Errorf("%d bytes were read of %d", got, want)
	}
}
