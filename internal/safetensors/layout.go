package safetensors

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/loramerge/loramerge/internal/fault"
)

// Spec is a tensor that is to be written.
type Spec struct {
	Name  string
	DType DType
	Shape []int // dimensions, outermost first; [] is a scalar
}

// Layout is where everything in a file will be, known before any of the
// tensors' bytes are.
type Layout struct {
	header  []byte
	tensors []Tensor
	index   index
	size    int64
}

// NewLayout lays a file out: the tensors in the order of specs, one after the
// other, and metadata, which may be nil. The same arguments give the same
// header, byte for byte. It fails on what Open would refuse: names that occur
// twice or hold control characters, shapes that overflow or don't come to
// whole bytes, strings that are not UTF-8, more than the format's limits.
// It panics on a DType that is none.
func NewLayout(specs []Spec, metadata map[string]string) (*Layout, error) {
	tensors, err := place(specs)
	if err != nil {
		return nil, err
	}
	ix, err := newIndex(tensors)
	if err != nil {
		return nil, err
	}
	if err := checkMetadata(metadata); err != nil {
		return nil, err
	}
	header := encodeHeader(tensors, metadata)
	if len(header)-lengthSize > maxHeader {
		return nil, fmt.Errorf("the header would have %d bytes, and at most %d are allowed: use fewer tensors or less metadata", len(header)-lengthSize, maxHeader)
	}
	size, ok := addSizes(int64(len(header)), dataSize(tensors))
	if !ok {
		return nil, errTooLarge
	}
	return &Layout{header: header, tensors: tensors, index: ix, size: size}, nil
}

// Size returns the size of the whole file in bytes.
func (l *Layout) Size() int64 { return l.size }

// Header returns the file's beginning, up to the data section: the header's
// length, its JSON and its padding. The slice is the layout's own.
func (l *Layout) Header() []byte { return l.header }

// Tensors returns the tensors in the order of the specs, which is also that of
// their offsets. The slice is the layout's own: don't change it.
func (l *Layout) Tensors() []Tensor { return l.tensors }

// Lookup returns the tensor of that name.
func (l *Layout) Lookup(name string) (Tensor, bool) { return l.index.find(l.tensors, name) }

var errTooLarge = errors.New("the file would be too large: the sum of its tensors' sizes overflows")

// place gives each tensor its offsets.
func place(specs []Spec) ([]Tensor, error) {
	if len(specs) > maxTensors {
		return nil, fmt.Errorf("%d tensors, and at most %d are allowed in a file", len(specs), maxTensors)
	}
	tensors := make([]Tensor, len(specs))
	end, dims := int64(0), 0
	for i, spec := range specs {
		size, err := spec.size()
		if err != nil {
			return nil, fmt.Errorf("tensor %s: %w", fault.Quote(spec.Name), err)
		}
		begin, ok := end, false
		if end, ok = addSizes(begin, size); !ok {
			return nil, errTooLarge
		}
		if dims += len(spec.Shape); dims > maxDims {
			return nil, fmt.Errorf("the shapes have more than %d dimensions in all", maxDims)
		}
		tensors[i] = Tensor{Name: spec.Name, DType: spec.DType, Shape: slices.Clone(spec.Shape), Begin: begin, End: end}
	}
	return tensors, nil
}

// size checks the spec and returns the size of its tensor in bytes.
func (s Spec) size() (int64, error) {
	if s.Name == metadataKey {
		return 0, errors.New("the format keeps this name for itself")
	}
	if !utf8.ValidString(s.Name) {
		return 0, errors.New("the name is not UTF-8")
	}
	if err := checkName(s.Name); err != nil {
		return 0, err
	}
	if len(s.Shape) > maxRank {
		return 0, fmt.Errorf("the shape has %d dimensions, and at most %d are allowed", len(s.Shape), maxRank)
	}
	for _, dim := range s.Shape {
		if dim < 0 {
			return 0, fmt.Errorf("shape %d has a negative dimension", s.Shape)
		}
	}
	return byteSize(s.DType, s.Shape)
}

func dataSize(tensors []Tensor) int64 {
	if len(tensors) == 0 {
		return 0
	}
	return tensors[len(tensors)-1].End
}

// addSizes returns the sum of two sizes, if it is one.
func addSizes(a, b int64) (sum int64, ok bool) {
	return a + b, a <= math.MaxInt64-b
}
