package safetensors

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/loramerge/loramerge/internal/fault"
)

// File is a safetensors file that is open for reading, its header checked.
// Its methods, except Close, may be called from several goroutines.
type File struct {
	file     *os.File
	path     string
	dataAt   int64 // where the data section starts
	size     int64
	tensors  []Tensor
	index    index
	metadata map[string]string
}

// Stat is that of the open file itself, even if another one has taken its path since.
func (f *File) Stat() (os.FileInfo, error) { return f.file.Stat() }

// Path returns the path the file was opened with.
func (f *File) Path() string { return f.path }

// Size returns the size of the file in bytes.
func (f *File) Size() int64 { return f.size }

// HeaderSize returns the number of bytes before the data section: the header's
// length, its JSON and its padding.
func (f *File) HeaderSize() int64 { return f.dataAt }

// Header reads what comes before the data section.
func (f *File) Header() ([]byte, error) {
	header := make([]byte, f.dataAt)
	if _, err := f.file.ReadAt(header, 0); err != nil {
		return nil, fmt.Errorf("%s: reading the header: %w", f.path, err)
	}
	return header, nil
}

// Tensors returns the tensors by offset; empty ones at one offset in the header's order.
// The slice is the file's own: don't change it.
func (f *File) Tensors() []Tensor { return f.tensors }

// Lookup returns the tensor of that name.
func (f *File) Lookup(name string) (Tensor, bool) { return f.index.find(f.tensors, name) }

// Metadata returns the header's __metadata__, which may be nil. The map is the
// file's own: don't change it. Its strings may hold any character: quote them
// before they go to a terminal.
func (f *File) Metadata() map[string]string { return f.metadata }

// ReadAt reads len(p) bytes of t, one of the file's tensors, from byte off of
// the tensor on. A file that has become shorter since Open is a *fault.Fault.
// It panics if the bytes asked for are not the tensor's.
//
// It reads by pread: with a mapped file, one that shrinks while it is read
// would end the process with SIGBUS.
func (f *File) ReadAt(t Tensor, p []byte, off int64) error {
	t.checkRange(off, len(p))
	_, err := f.file.ReadAt(p, f.dataAt+t.Begin+off)
	if errors.Is(err, io.EOF) {
		return errShrunk(f.path, t.Name)
	}
	if err != nil {
		return fmt.Errorf("%s: reading tensor %s: %w", f.path, fault.Quote(t.Name), err)
	}
	return nil
}

// Close closes the file.
func (f *File) Close() error { return f.file.Close() }
