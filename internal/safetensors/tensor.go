package safetensors

import (
	"errors"
	"fmt"
	"math"
	"math/bits"

	"github.com/loramerge/loramerge/internal/fault"
)

// Tensor is one entry of a header.
type Tensor struct {
	Name  string
	DType DType
	// Shape holds the dimensions, outermost first: [] is a scalar. It is
	// shared with the file or layout the tensor comes from: don't change it.
	Shape []int
	// Begin and End bound the tensor's bytes within the data section, which
	// starts where the header ends.
	Begin, End int64
}

// Size returns the number of the tensor's bytes.
func (t Tensor) Size() int64 { return t.End - t.Begin }

// Elements returns the number of the tensor's elements, Π shape: 1 for a scalar.
func (t Tensor) Elements() int {
	n := 1
	for _, dim := range t.Shape {
		n *= dim
	}
	return n
}

// checkRange panics unless [off, off+n) lies within the tensor.
func (t Tensor) checkRange(off int64, n int) {
	if off < 0 || off > t.Size() || int64(n) > t.Size()-off {
		panic(fmt.Sprintf("safetensors: bytes [%d, %d+%d) of tensor %q, which has %d", off, off, n, t.Name, t.Size()))
	}
}

// byteSize returns Π shape · bits / 8, or an error if that is no number of
// bytes. As in the reference, the product may not overflow on the way to its
// last factor, even if that is 0.
func byteSize(d DType, shape []int) (int64, error) {
	n := uint64(d.Bits())
	for _, dim := range shape {
		hi, lo := bits.Mul64(n, uint64(dim))
		if hi != 0 || lo > math.MaxInt64 {
			return 0, errors.New("the shape is too large: the product of its dimensions overflows")
		}
		n = lo
	}
	if n%8 != 0 {
		return 0, fmt.Errorf("%d-bit elements of this shape don't come to whole bytes", d.Bits())
	}
	if n/uint64(d.Bits()) > math.MaxInt {
		return 0, errors.New("the shape is too large for this machine's integers")
	}
	return int64(n / 8), nil
}

// index finds a tensor's place in a list by its name.
type index map[string]int32

// newIndex fails on the first tensor whose name is another's.
func newIndex(tensors []Tensor) (index, error) {
	ix := make(index, len(tensors))
	for i, t := range tensors {
		ix[t.Name] = int32(i)
		if len(ix) <= i {
			return nil, errors.New("two tensors are named " + fault.Quote(t.Name))
		}
	}
	return ix, nil
}

func (ix index) find(tensors []Tensor, name string) (Tensor, bool) {
	i, ok := ix[name]
	if !ok {
		return Tensor{}, false
	}
	return tensors[i], true
}
