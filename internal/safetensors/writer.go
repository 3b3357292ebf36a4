package safetensors

import "github.com/loramerge/loramerge/internal/tensorfile"

// Writer fills the file of a Layout, in any order.
type Writer struct {
	*tensorfile.Writer
	layout *Layout
}

// Create creates a file that must not exist yet and gives it its final size.
//
// The header is written last, by Close: until then the file begins with a
// length of 0 and Open refuses it, so an unfinished file is never taken for a
// whole one.
func Create(path string, l *Layout) (*Writer, error) {
	w, err := tensorfile.Create(path, l)
	if err != nil {
		return nil, err
	}
	return &Writer{w, l}, nil
}

// Describe replaces the metadata before Close, for what is only known when the
// tensors have been written, such as hashes. The header must keep its length: lay
// the file out with placeholders of the same size. From here on the header is settled,
// and the file is hashed beside the writing: see SHA256.
func (w *Writer) Describe(metadata map[string]string) error {
	if err := checkMetadata(metadata); err != nil {
		return err
	}
	w.Settle(encodeHeader(w.layout.tensors, metadata))
	return nil
}

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
