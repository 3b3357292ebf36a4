package gguf

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
)

// Type is how ggml stores a tensor's elements: block by block, each of so many elements in so
// many bytes.
type Type uint32

// The types that are written. F64 is not among them: llama.cpp computes with none.
const (
	F32  Type = 0
	F16  Type = 1
	Q8_0 Type = 8
	BF16 Type = 30
)

// types are all that ggml has (include/ggml.h, src/ggml.c).
var types = map[Type]struct {
	name     string
	elements int64 // of a block
	bytes    int64 // of a block
}{
	F32: {"F32", 1, 4}, F16: {"F16", 1, 2}, 2: {"Q4_0", 32, 18}, 3: {"Q4_1", 32, 20}, 6: {"Q5_0", 32, 22}, 7: {"Q5_1", 32, 24},
	Q8_0: {"Q8_0", 32, 34}, 9: {"Q8_1", 32, 36}, 10: {"Q2_K", 256, 84}, 11: {"Q3_K", 256, 110}, 12: {"Q4_K", 256, 144}, 13: {"Q5_K", 256, 176},
	14: {"Q6_K", 256, 210}, 15: {"Q8_K", 256, 292}, 16: {"IQ2_XXS", 256, 66}, 17: {"IQ2_XS", 256, 74}, 18: {"IQ3_XXS", 256, 98},
	19: {"IQ1_S", 256, 50}, 20: {"IQ4_NL", 32, 18}, 21: {"IQ3_S", 256, 110}, 22: {"IQ2_S", 256, 82}, 23: {"IQ4_XS", 256, 136},
	24: {"I8", 1, 1}, 25: {"I16", 1, 2}, 26: {"I32", 1, 4}, 27: {"I64", 1, 8}, 28: {"F64", 1, 8}, 29: {"IQ1_M", 256, 56},
	BF16: {"BF16", 1, 2}, 34: {"TQ1_0", 256, 54}, 35: {"TQ2_0", 256, 66}, 39: {"MXFP4", 32, 17},
}

// String is the type's name, as ggml has it.
func (t Type) String() string {
	if known, ok := types[t]; ok {
		return known.name
	}
	return fmt.Sprintf("Type(%d)", uint32(t))
}

// Tensor is one tensor of a header.
type Tensor struct {
	Name string
	Type Type
	// Shape holds the dimensions, outermost first, as most programs write them; the file has
	// them the other way round. It is shared with the file or layout that the tensor comes from: don't
	// change it.
	Shape []int
	// Begin and End bound the tensor's bytes within the data section, which starts at the first
	// multiple of the alignment behind the header.
	Begin, End int64
}

// Size returns the number of the tensor's bytes.
func (t Tensor) Size() int64 { return t.End - t.Begin }

// checkRange panics unless [off, off+n) lies within the tensor.
func (t Tensor) checkRange(off int64, n int) {
	if off < 0 || off > t.Size() || int64(n) > t.Size()-off {
		panic(fmt.Sprintf("gguf: bytes [%d, %d+%d) of tensor %q, which has %d", off, off, n, t.Name, t.Size()))
	}
}

var errTooLarge = errors.New("the shape is too large: the product of its dimensions overflows")

// byteSize is what the elements take. Rows, which are the innermost dimension, hold whole blocks.
func byteSize(t Type, shape []int) (int64, error) {
	block, known := types[t]
	if !known {
		return 0, fmt.Errorf("its type %d is none of ggml's", uint32(t))
	}
	n := uint64(1)
	for _, dim := range shape {
		hi, lo := bits.Mul64(n, uint64(dim))
		if hi != 0 || lo > math.MaxInt64/64 {
			return 0, errTooLarge
		}
		n = lo
	}
	if row := shape[len(shape)-1]; int64(row)%block.elements != 0 {
		return 0, fmt.Errorf("its rows have %d elements, and %s keeps them in blocks of %d", row, t, block.elements)
	}
	return int64(n) / block.elements * block.bytes, nil
}

// padded is the first multiple of the alignment from n on.
func padded(n, alignment int64) int64 { return (n + alignment - 1) / alignment * alignment }
