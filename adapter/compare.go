package adapter

import (
	"bytes"
	"fmt"
	"slices"
	"sync"

	"github.com/loramerge/loramerge/internal/printable"
)

// SameLayout is an error, which says where, unless the weights' file holds exactly the
// tensors of a layout. With atMost a module whose rank a run has yet to choose may have a
// smaller one than planned.
func (a *Adapter) SameLayout(layout *Layout, atMost bool) error {
	stored := a.Store.Tensors()
	if want := len(layout.Stored); len(stored) != want {
		return fmt.Errorf("the file holds %s, and the recipe gives %d", printable.Count(len(stored), "tensor"), want)
	}
	padded := layout.Rank > 0 && slices.ContainsFunc(layout.Stored, func(p Place) bool { return p.Module != nil && p.Module.RankPending })
	for i, place := range layout.Stored {
		is, m := stored[i], place.Module
		open := func(dim int) bool { // is a rank that a run has yet to choose
			return m != nil && (m.RankPending && (dim == m.Rank || dim == m.B.Shape[1]) || padded && dim == layout.Rank)
		}
		switch {
		case is.Name != place.Name:
			return fmt.Errorf("the file holds the tensor %q where the recipe gives %q", is.Name, place.Name)
		case is.DType != place.DType:
			return fmt.Errorf("tensor %q is of dtype %s, and the recipe gives %s", is.Name, is.DType, place.DType)
		case !slices.EqualFunc(is.Shape, place.Shape, func(is, want int) bool {
			return is == want || atMost && is < want && open(want)
		}):
			return fmt.Errorf("tensor %q has the shape %d, and the recipe gives %d", is.Name, is.Shape, place.Shape)
		}
	}
	return nil
}

// HasHeader reports whether the weights' file begins as one that is written with a layout, which
// it has, and all of this metadata, the format's own included.
func (a *Adapter) HasHeader(layout *Layout, metadata map[string]string) (bool, error) {
	packed, err := layout.Packing.Pack(layout.specs(), metadata)
	if err != nil {
		return false, err
	}
	header, err := a.Store.Header()
	return bytes.Equal(header, packed.Header()), err
}

// Differences is what a Writer of Compare has found so far.
type Differences struct {
	file  Store
	mu    sync.Mutex
	first int64
	any   bool
}

// Compare gives a Writer that writes nothing: what would be written is compared with what
// the file of a holds, which must have the layout; see SameLayout. Its methods Write and
// WriteRaw alone may be called.
func (a *Adapter) Compare(layout *Layout) (*Writer, *Differences, error) {
	found := &Differences{file: a.Store}
	w := &Writer{path: a.Store.Path(), file: found, places: layout.places()}
	return w, found, w.writeConstants(layout)
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
			return Readable(d.file.Path(), err)
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
