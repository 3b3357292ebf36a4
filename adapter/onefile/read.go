package onefile

import (
	"maps"
	"os"
	"slices"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/safetensors"
)

// Part is what a tensor is in its module.
type Part uint8

// The parts of a module.
const (
	A     Part = iota // [r, in], of a convolution [r, in, k…]
	B                 // [out, r], of a convolution [out, r, 1…]
	Alpha             // one number
)

// Names are how a format names its tensors.
type Names struct {
	File  string    // what the format's own file is called
	Parts [2]string // what A and B are called in it
	// Ours reports whether a tensor is of an adapter in this format, though perhaps of one that
	// can't be merged.
	Ours func(name string) bool
	// Parse reads a name; known is false of what is no part of a pair.
	Parse func(name string) (module string, part Part, known bool)
	// Refuse says what such a tensor is, in a few words, and what to do about it.
	Refuse func(name string) (what, remedy string)
}

// Scales gives what sets a module's alpha and scale, once its rank is known, from what a file says of
// its modules, sorted, and from those of its tensors that are alphas, by module.
type Scales func(store adapter.Store, modules []string, alphas map[string]float64) (func(*adapter.Module) error, error)

// Open opens the adapter at path, a file or a folder that holds one. Its errors are Faults that name
// file and tensor.
func (n *Names) Open(path string, format adapter.Format, files adapter.Files, scales Scales) (*adapter.Adapter, error) {
	if err := n.single(path); err != nil {
		return nil, err
	}
	store, err := safetensors.Open(files.Weights)
	if err != nil {
		return nil, adapter.Readable(files.Weights, err)
	}
	r := &reader{Names: n, store: store, found: make(map[string]*adapter.Module), numbers: make(map[string]safetensors.Tensor)}
	modules, err := r.read(scales)
	if err != nil {
		store.Close()
		return nil, err
	}
	a := &adapter.Adapter{Path: path, Format: format, Files: files, Modules: modules, Store: store}
	a.Notes = notes(a)
	return a, nil
}

// reader is a file that is being read.
type reader struct {
	*Names
	store   adapter.Store
	found   map[string]*adapter.Module
	numbers map[string]safetensors.Tensor // the alphas, by module
	refused []refusal
}

// read groups the tensors into modules. What is wrong with the names comes before anything that
// may follow from it.
func (r *reader) read(scales Scales) ([]adapter.Module, error) {
	var all *multierror.Error
	for _, tensor := range r.store.Tensors() {
		all = multierror.Append(all, r.place(tensor))
	}
	if all = multierror.Append(all, r.refusals()); all.ErrorOrNil() != nil {
		return nil, all
	}
	if len(r.found) == 0 {
		return nil, fault.In(r.store.Path(), "has no pair %s, %s", r.Parts[A], r.Parts[B]).Mend("save it again from the model that was trained")
	}
	halved, err := r.whole()
	alphas, wrong := r.alphas()
	if all = multierror.Append(all, err, wrong); all.ErrorOrNil() != nil {
		return nil, all
	}
	scale, err := scales(r.store, slices.Sorted(maps.Keys(r.found)), alphas)
	if err != nil {
		return nil, err
	}
	return adapter.Complete(r.store.Path(), halved, scale)
}

// place puts a tensor where its name says.
func (r *reader) place(tensor safetensors.Tensor) error {
	twice := func() error {
		return fault.In(r.store.Path(), "tensor %q has the same place as another one", tensor.Name).Mend("save the file again with one tensor for each place")
	}
	name, part, known := r.Parse(tensor.Name)
	if !known {
		r.refuse(tensor.Name)
		return nil
	}
	if part == Alpha {
		if _, taken := r.numbers[name]; taken {
			return twice()
		}
		r.numbers[name] = tensor
		return nil
	}
	m := r.found[name]
	if m == nil {
		m = &adapter.Module{Name: name}
		r.found[name] = m
	}
	half := [...]*adapter.Tensor{A: &m.A, B: &m.B}[part]
	if half.Name != "" {
		return twice()
	}
	*half = adapter.Stored(tensor)
	return nil
}

// whole are the modules, none of which may lack a half.
func (r *reader) whole() ([]adapter.Module, error) {
	var all *multierror.Error
	var modules []adapter.Module
	for _, name := range slices.Sorted(maps.Keys(r.found)) {
		for part, tensor := range r.found[name].Tensors() {
			if tensor.Name == "" {
				all = multierror.Append(all, fault.In(r.store.Path(), "module %q has no %s", name, r.Parts[part]).Mend("the file is incomplete; save it again"))
			}
		}
		modules = append(modules, *r.found[name])
	}
	return modules, all.ErrorOrNil()
}

// alphas reads the number of each tensor that is one, in whatever dtype.
func (r *reader) alphas() (map[string]float64, error) {
	var all *multierror.Error
	out := make(map[string]float64, len(r.numbers))
	for _, module := range slices.Sorted(maps.Keys(r.numbers)) {
		tensor := r.numbers[module]
		if r.found[module] == nil {
			all = multierror.Append(all, fault.In(r.store.Path(), "tensor %q belongs to no pair", tensor.Name).Mend("the file is incomplete; save it again"))
			continue
		}
		value, err := number(r.store, tensor)
		all = multierror.Append(all, err)
		out[module] = value
	}
	return out, all.ErrorOrNil()
}

// notes are on where the adapter lies, and on its dtypes. Beside a file lie others that have nothing
// to do with it.
func notes(a *adapter.Adapter) []adapter.Note {
	var dtypes []string
	for i := range a.Modules {
		for _, tensor := range a.Modules[i].Tensors() {
			if name := tensor.DType.String(); !slices.Contains(dtypes, name) {
				dtypes = append(dtypes, name)
			}
		}
	}
	all := slices.DeleteFunc(a.BesideNotes(), func(note adapter.Note) bool {
		info, err := os.Stat(a.Path)
		return note.Carry != "" && err == nil && !info.IsDir()
	})
	return append(dtypeNotes(dtypes), all...)
}
