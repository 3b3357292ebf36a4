package gguf

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/tensorfile"
)

// Spec is a tensor that is to be written.
type Spec struct {
	Name  string
	Type  Type
	Shape []int // dimensions, outermost first
}

// Layout is where everything in a file will be, known before any of the
// tensors' bytes are.
type Layout struct {
	header  []byte
	tensors []Tensor
	index   map[string]int32
	size    int64
}

// NewLayout lays a file out: the pairs and the tensors in the order given, at the default
// alignment. It fails on what Open would refuse. It panics on a Kind or Type that is not written.
func NewLayout(specs []Spec, pairs []Pair) (*Layout, error) {
	l := &Layout{index: make(map[string]int32, len(specs)), tensors: make([]Tensor, 0, len(specs))}
	end := int64(0)
	for _, spec := range specs {
		size, err := spec.size()
		if err != nil {
			return nil, fmt.Errorf("tensor %s: %w", fault.Quote(spec.Name), err)
		}
		if _, twice := l.index[spec.Name]; twice {
			return nil, errors.New("two tensors are named " + fault.Quote(spec.Name))
		}
		begin := padded(end, defaultAlign)
		if size > math.MaxInt64/2-begin {
			return nil, errors.New("the file would be too large: the sum of its tensors' sizes overflows")
		}
		end = begin + size
		l.index[spec.Name] = int32(len(l.tensors))
		l.tensors = append(l.tensors, Tensor{spec.Name, spec.Type, slices.Clone(spec.Shape), begin, end})
	}
	var err error
	if l.header, err = encodeHeader(l.tensors, pairs); err != nil {
		return nil, err
	}
	l.size = int64(len(l.header)) + padded(end, defaultAlign)
	return l, nil
}

func (s Spec) size() (int64, error) {
	switch {
	case len(s.Name) > maxName:
		return 0, fmt.Errorf("its name has %d bytes, and at most %d are allowed", len(s.Name), maxName)
	case !utf8.ValidString(s.Name):
		return 0, errors.New("its name is not UTF-8")
	case len(s.Shape) < 1 || len(s.Shape) > maxDims:
		return 0, fmt.Errorf("it has %d dimensions, and 1 to %d are allowed", len(s.Shape), maxDims)
	}
	for _, dim := range s.Shape {
		if dim < 0 {
			return 0, fmt.Errorf("shape %d has a negative dimension", s.Shape)
		}
	}
	if err := checkName(s.Name); err != nil {
		return 0, err
	}
	return byteSize(s.Type, s.Shape)
}

// encodeHeader is a file's beginning, with the padding before the data section.
func encodeHeader(tensors []Tensor, pairs []Pair) ([]byte, error) {
	if len(tensors) > maxTensors || len(pairs) > maxPairs {
		return nil, fmt.Errorf("%d tensors and %d key-value pairs, and at most %d and %d are allowed", len(tensors), len(pairs), maxTensors, maxPairs)
	}
	le := binary.LittleEndian
	h := append([]byte(magic), 0, 0, 0, 0)
	le.PutUint32(h[4:], newestVersion)
	h = le.AppendUint64(h, uint64(len(tensors)))
	h = le.AppendUint64(h, uint64(len(pairs)))
	keys := make(map[string]bool, len(pairs))
	for _, p := range pairs {
		if p.Key == "" || keys[p.Key] || !utf8.ValidString(p.Key) || !utf8.ValidString(p.Text) || checkName(p.Key) != nil {
			return nil, fmt.Errorf("the key %s is empty, occurs twice, or it or its value is no plain text", fault.Quote(p.Key))
		}
		keys[p.Key] = true
		h = appendText(h, p.Key)
		h = le.AppendUint32(h, uint32(p.Kind))
		switch p.Kind {
		case String:
			h = appendText(h, p.Text)
		case Uint32, Float32:
			h = le.AppendUint32(h, uint32(p.Bits))
		default:
			panic("gguf: a value of the kind " + p.Kind.String() + " is not written")
		}
	}
	for _, t := range tensors {
		h = appendText(h, t.Name)
		h = le.AppendUint32(h, uint32(len(t.Shape)))
		for _, dim := range slices.Backward(t.Shape) {
			h = le.AppendUint64(h, uint64(dim))
		}
		h = le.AppendUint32(h, uint32(t.Type))
		h = le.AppendUint64(h, uint64(t.Begin))
	}
	if len(h) > maxHeader {
		return nil, fmt.Errorf("the header would have %d bytes, and at most %d are allowed: use fewer tensors or less metadata", len(h), maxHeader)
	}
	return append(h, make([]byte, padded(int64(len(h)), defaultAlign)-int64(len(h)))...), nil
}

func appendText(h []byte, text string) []byte {
	return append(binary.LittleEndian.AppendUint64(h, uint64(len(text))), text...)
}

// Size returns the size of the whole file in bytes.
func (l *Layout) Size() int64 { return l.size }

// Header returns the file's beginning, up to the data section. The slice is the layout's own.
func (l *Layout) Header() []byte { return l.header }

// Tensors returns the tensors in the order of the specs. The slice is the layout's own: don't
// change it.
func (l *Layout) Tensors() []Tensor { return l.tensors }

// Places is how many tensors there are.
func (l *Layout) Places() int { return len(l.tensors) }

// Place is where a tensor lies.
func (l *Layout) Place(i int) tensorfile.Place {
	t := &l.tensors[i]
	return tensorfile.Place{Name: t.Name, Begin: t.Begin, End: t.End}
}

// Find gives the place of the tensor of that name.
func (l *Layout) Find(name string) (int, bool) {
	i, ok := l.index[name]
	return int(i), ok
}

// Writer fills the file of a Layout, in any order.
type Writer struct {
	*tensorfile.Writer
	layout *Layout
}

// Create creates a file that must not exist yet and gives it its final size. Its header is written
// last, by Close: until then Open refuses it.
func Create(path string, l *Layout) (*Writer, error) {
	w, err := tensorfile.Create(path, l)
	if err != nil {
		return nil, err
	}
	return &Writer{w, l}, nil
}

// Describe replaces the key-value pairs before Close, once for good. The header must keep its
// length.
func (w *Writer) Describe(pairs []Pair) error {
	header, err := encodeHeader(w.layout.tensors, pairs)
	if err != nil {
		return err
	}
	w.Settle(header)
	return nil
}
