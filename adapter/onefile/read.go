package onefile

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/printable"
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
	Parts [2]string // what A and B are called there
	// Parse reads a name; known is false of what is no part of a pair.
	Parse func(name string) (module string, part Part, known bool)
	// Refuse says what such a tensor is, in a few words, and what to do about it.
	Refuse func(name string) (what, remedy string)
}

// File is an adapter whose tensors are read. Its modules have neither alpha nor scale yet.
type File struct {
	*adapter.Adapter
	Alphas map[string]float64 // by module, of those that have a tensor for it
}

// Open opens the adapter at path, a file or a folder that holds one, and pairs its tensors. Its
// errors are Faults that name file and tensor. Whoever called it closes the adapter.
func (n *Names) Open(path string, format adapter.Format, files adapter.Files) (*File, error) {
	if err := single(path); err != nil {
		return nil, err
	}
	store, err := safetensors.Open(files.Weights)
	if err != nil {
		return nil, readable(files.Weights, err)
	}
	f := &File{&adapter.Adapter{Path: path, Format: format, Files: files, Config: &adapter.Config{}, Store: store}, make(map[string]float64)}
	if err := n.pair(f); err != nil {
		store.Close()
		return nil, err
	}
	return f, nil
}

// pair groups the tensors into modules.
func (n *Names) pair(f *File) error {
	found, alphas := make(map[string]*adapter.Module), make(map[string]safetensors.Tensor)
	refused := &refusals{names: n, path: f.Store.Path()}
	var all *multierror.Error
	for _, tensor := range f.Store.Tensors() {
		name, part, known := n.Parse(tensor.Name)
		if !known {
			refused.add(tensor.Name)
			continue
		}
		if part == Alpha {
			if _, twice := alphas[name]; twice {
				all = multierror.Append(all, f.twice(tensor.Name))
			}
			alphas[name] = tensor
			continue
		}
		m := found[name]
		if m == nil {
			m = &adapter.Module{Name: name}
			found[name] = m
		}
		half := [...]*adapter.Tensor{A: &m.A, B: &m.B}[part]
		if half.Name != "" {
			all = multierror.Append(all, f.twice(tensor.Name))
		}
		*half = adapter.Stored(tensor)
	}
	all = multierror.Append(all, refused.err())
	if all.ErrorOrNil() == nil && len(found) == 0 {
		return fault.In(f.Store.Path(), "has no pair %s, %s", n.Parts[A], n.Parts[B]).Mend("save it again from the model that was trained")
	}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		m := found[name]
		if err := n.check(f, m); err != nil {
			all = multierror.Append(all, err)
			continue
		}
		f.Modules = append(f.Modules, *m)
	}
	if all.ErrorOrNil() != nil {
		return all
	}
	return f.readAlphas(alphas)
}

// refusals gathers tensors that are no part of a pair, by what they are.
type refusals struct {
	names *Names
	path  string
	kinds []refusal
}

type refusal struct {
	what, remedy, first string
	count               int
}

func (r *refusals) add(name string) {
	what, remedy := r.names.Refuse(name)
	at := slices.IndexFunc(r.kinds, func(k refusal) bool { return k.what == what })
	if at < 0 {
		at = len(r.kinds)
		r.kinds = append(r.kinds, refusal{what: what, remedy: remedy, first: name})
	}
	r.kinds[at].count++
}

func (r *refusals) err() error {
	var all *multierror.Error
	for _, k := range r.kinds {
		more := ""
		if k.count > 1 {
			more = fmt.Sprintf(", and so %s %d more", printable.Choose(k.count-1, "is", "are"), k.count-1)
		}
		all = multierror.Append(all, fault.In(r.path, "tensor %q is %s%s", k.first, k.what, more).Mend(k.remedy).See("not-plain-lora"))
	}
	return all.ErrorOrNil()
}

func (f *File) twice(name string) error {
	return fault.In(f.Store.Path(), "tensor %q has the same place as another one", name).Mend("save the file again with one tensor for each place")
}

// check refuses a pair that lacks a half, or whose halves don't fit.
func (n *Names) check(f *File, m *adapter.Module) error {
	for part, tensor := range []adapter.Tensor{m.A, m.B} {
		switch {
		case tensor.Name == "":
			return fault.In(f.Store.Path(), "module %q has no %s", m.Name, n.Parts[part]).Mend("the file is incomplete; save it again")
		case !tensor.DType.IsFloat():
			return fault.In(f.Store.Path(), "tensor %q holds %s, which can't be merged", tensor.Name, tensor.DType).Mend("save it as float32, float16 or bfloat16")
		case tensor.Elements() == 0:
			return fault.In(f.Store.Path(), "tensor %q has the shape %v and holds nothing", tensor.Name, tensor.Shape).Mend("the file is incomplete; save it again")
		}
	}
	a, b := m.A.Shape, m.B.Shape
	if len(a) < 2 || len(a) != len(b) || a[0] != b[1] || slices.ContainsFunc(b[2:], func(n int) bool { return n != 1 }) {
		return fault.In(f.Store.Path(), "module %q: %s has the shape %v and %s %v", m.Name, n.Parts[A], a, n.Parts[B], b).
			Mend(fmt.Sprintf("%s must be [r, in] and %s [out, r], of a convolution [r, in, height, width] and [out, r, 1, 1]", n.Parts[A], n.Parts[B]))
	}
	if len(a) > 2 {
		m.Form = adapter.Conv
	}
	m.Rank = a[0]
	return nil
}

// readAlphas reads the number of each tensor, in whatever dtype.
func (f *File) readAlphas(alphas map[string]safetensors.Tensor) error {
	var all *multierror.Error
	for _, module := range slices.SortedFunc(maps.Keys(alphas), strings.Compare) {
		tensor := alphas[module]
		if _, found := f.Find(module); !found {
			all = multierror.Append(all, fault.In(f.Store.Path(), "tensor %q belongs to no pair", tensor.Name).Mend("the file is incomplete; save it again"))
			continue
		}
		value, err := number(f.Store, tensor)
		if err != nil {
			all = multierror.Append(all, err)
		}
		f.Alphas[module] = value
	}
	return all.ErrorOrNil()
}

// readable turns an error of the operating system into a Fault.
func readable(path string, err error) error {
	if _, ok := err.(*fault.Fault); ok {
		return err
	}
	return fault.In(path, "cannot be read").Because(err).Mend("check its permissions, and those of the folders above it")
}
