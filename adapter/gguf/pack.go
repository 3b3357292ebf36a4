package gguf

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/gguf"
	"github.com/loramerge/loramerge/internal/safetensors"
)

// packing writes GGUF files that begin with some pairs, which the metadata follow.
type packing struct{ pairs []gguf.Pair }

// types are those of the dtypes that are written.
var types = map[adapter.DType]gguf.Type{adapter.F32: gguf.F32, adapter.F16: gguf.F16, adapter.BF16: gguf.BF16}

func (p packing) Pack(specs []safetensors.Spec, metadata map[string]string) (adapter.Packed, error) {
	described := make([]gguf.Spec, len(specs))
	for i, spec := range specs {
		kind, known := types[spec.DType]
		if !known {
			return nil, fmt.Errorf("tensor %q is of dtype %s, which is not written", spec.Name, spec.DType)
		}
		described[i] = gguf.Spec{Name: spec.Name, Type: kind, Shape: spec.Shape}
	}
	layout, err := gguf.NewLayout(described, p.described(metadata))
	if err != nil {
		return nil, err
	}
	return packed{layout, p}, nil
}

func (p packing) described(metadata map[string]string) []gguf.Pair {
	all := slices.Clone(p.pairs)
	for _, key := range slices.Sorted(maps.Keys(metadata)) {
		all = append(all, gguf.TextPair(key, metadata[key]))
	}
	return all
}

type packed struct {
	layout  *gguf.Layout
	packing packing
}

func (p packed) Header() []byte { return p.layout.Header() }

func (p packed) Tensors() []safetensors.Tensor { return seen(p.layout.Tensors()) }

func (p packed) Create(path string) (adapter.Sink, error) {
	w, err := gguf.Create(path, p.layout)
	if err != nil {
		return nil, err
	}
	return sink{w, p.packing}, nil
}

type sink struct {
	*gguf.Writer
	packing packing
}

func (s sink) Describe(metadata map[string]string) error {
	return s.Writer.Describe(s.packing.described(metadata))
}

// store is an open file. Elements of Q8_0, which the merge does not know, are seen as float32.
type store struct {
	file    *gguf.File
	tensors []safetensors.Tensor
	index   map[string]int
}

// dtypes are how the types of ggml are seen.
var dtypes = map[gguf.Type]adapter.DType{gguf.F32: adapter.F32, gguf.F16: adapter.F16, gguf.BF16: adapter.BF16, gguf.Q8_0: adapter.F32}

// seen are the tensors of a file. Bytes that are not read are no dtype's: they are seen as U8.
func seen(tensors []gguf.Tensor) []safetensors.Tensor {
	all := make([]safetensors.Tensor, len(tensors))
	for i, t := range tensors {
		all[i] = safetensors.Tensor{Name: t.Name, DType: dtypes[t.Type], Shape: t.Shape, Begin: t.Begin, End: t.End}
		switch _, known := dtypes[t.Type]; {
		case !known:
			all[i].DType, all[i].Shape = safetensors.U8, []int{int(t.Size())}
		case t.Type == gguf.Q8_0:
			all[i].End = t.Begin + int64(all[i].Elements())*4
		}
	}
	return all
}

func openStore(path string) (*store, error) {
	file, err := gguf.Open(path)
	if err != nil {
		return nil, err
	}
	s := &store{file: file, tensors: seen(file.Tensors()), index: make(map[string]int, len(file.Tensors()))}
	for i, t := range s.tensors {
		s.index[t.Name] = i
	}
	return s, nil
}

func (s *store) Path() string                  { return s.file.Path() }
func (s *store) Size() int64                   { return s.file.Size() }
func (s *store) HeaderSize() int64             { return s.file.HeaderSize() }
func (s *store) Header() ([]byte, error)       { return s.file.Header() }
func (s *store) Tensors() []safetensors.Tensor { return s.tensors }
func (s *store) Stat() (os.FileInfo, error)    { return s.file.Stat() }
func (s *store) Close() error                  { return s.file.Close() }

func (s *store) Lookup(name string) (safetensors.Tensor, bool) {
	i, ok := s.index[name]
	if !ok {
		return safetensors.Tensor{}, false
	}
	return s.tensors[i], true
}

// Metadata are the texts that a run wrote.
func (s *store) Metadata() map[string]string {
	all := make(map[string]string)
	for _, p := range s.file.Pairs() {
		if strings.HasPrefix(p.Key, "loramerge.") && p.Key != keyRoot && p.Kind == gguf.String {
			all[p.Key] = p.Text
		}
	}
	return all
}

func (s *store) ReadAt(t safetensors.Tensor, p []byte, off int64) error {
	stored := s.file.Tensors()[s.index[t.Name]]
	if stored.Type == gguf.Q8_0 {
		return s.dequantized(stored, p, t.Begin-stored.Begin+off)
	}
	return s.file.ReadAt(stored, p, t.Begin-stored.Begin+off)
}
