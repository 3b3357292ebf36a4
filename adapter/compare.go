package adapter

import (
	"bytes"
	"fmt"
	"slices"
	"sync"

	"github.com/loramerge/loramerge/internal/printable"
	"github.com/loramerge/loramerge/internal/safetensors"
)

// SameLayout is an error, which says where, unless the weights' file holds exactly the
// tensors that CreateWeights would lay out for modules. With atMost a module whose rank a
// run has yet to choose may have a smaller one than planned.
func (a *Adapter) SameLayout(modules []*Module, atMost bool) error {
	stored := a.file.Tensors()
	if want := len(specsOf(modules)); len(stored) != want {
		return fmt.Errorf("the file holds %s, and the recipe gives %d", printable.Count(len(stored), "tensor"), want)
	}
	at := 0
	for _, m := range Layers(modules) {
		for _, spec := range specsOf([]*Module{m}) {
			is := stored[at]
			at++
			switch {
			case is.Name != spec.Name:
				return fmt.Errorf("the file holds the tensor %q where the recipe gives %q", is.Name, spec.Name)
			case is.DType != spec.DType:
				return fmt.Errorf("tensor %q is of dtype %s, and the recipe gives %s", is.Name, is.DType, spec.DType)
			case !slices.EqualFunc(is.Shape, spec.Shape, func(is, want int) bool {
				return is == want || atMost && m.RankPending && (want == m.Rank || want == m.B.Shape[1]) && is < want
			}):
				return fmt.Errorf("tensor %q has the shape %d, and the recipe gives %d", is.Name, is.Shape, spec.Shape)
			}
		}
	}
	return nil
}

// HasHeader reports whether the weights' file begins as one that is written with these tensors
// and this metadata.
func (a *Adapter) HasHeader(metadata map[string]string) (bool, error) {
	var specs []safetensors.Spec
	for _, tensor := range a.file.Tensors() {
		specs = append(specs, safetensors.Spec{Name: tensor.Name, DType: tensor.DType, Shape: tensor.Shape})
	}
	layout, err := safetensors.NewLayout(specs, metadata)
	if err != nil {
		return false, err
	}
	header, err := a.file.Header()
	return bytes.Equal(header, layout.Header()), err
}

// Differences is what a Writer of Compare has found so far.
type Differences struct {
	file  *safetensors.File
	mu    sync.Mutex
	first int64
	any   bool
}

// Compare gives a Writer that writes nothing: what would be written is compared with what
// the file of a holds. The file must have the layout of modules; see SameLayout. Its methods
// Write and WriteRaw alone may be called.
func (a *Adapter) Compare(modules []*Module) (*Writer, *Differences) {
	found := &Differences{file: a.file}
	w := &Writer{path: a.file.Path(), file: found, tensors: make(map[string]safetensors.Tensor), layers: layersByName(modules)}
	for _, spec := range specsOf(modules) {
		tensor, ok := a.file.Lookup(spec.Name)
		if !ok {
			panic("adapter: no tensor " + spec.Name + " in " + a.file.Path())
		}
		w.tensors[spec.Name] = tensor
	}
	return w, found
}

// First is the place in the file of the first byte that differs, if one does.
func (d *Differences) First() (offset int64, differ bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.first, d.any
}

// WriteAt compares p with the bytes of the named tensor from byte off on.
func (d *Differences) WriteAt(name string, p []byte, off int64) error {
	tensor, _ := d.file.Lookup(name)
	buffer := writeBuffers.Get().(*[writeBlock * 8]byte)
	defer writeBuffers.Put(buffer)
	for done := 0; done < len(p); done += len(buffer) {
		part := p[done:min(done+len(buffer), len(p))]
		stored := buffer[:len(part)]
		if err := d.file.ReadAt(tensor, stored, off+int64(done)); err != nil {
			return readable(d.file.Path(), err)
		}
		if bytes.Equal(stored, part) {
			continue
		}
		at := 0
		for stored[at] == part[at] {
			at++
		}
		d.found(d.file.HeaderSize() + tensor.Begin + off + int64(done+at))
		return nil
	}
	return nil
}

func (d *Differences) found(offset int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.any || offset < d.first {
		d.first, d.any = offset, true
	}
}
