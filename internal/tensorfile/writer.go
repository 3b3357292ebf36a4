// Package tensorfile fills the file of a format that keeps named tensors behind a header. It knows
// no format: packages safetensors and gguf give it the header and the places of the tensors.
package tensorfile

import (
	"fmt"
	"os"
	"sync/atomic"

	"github.com/loramerge/loramerge/internal/fault"
)

// Layout is where everything in a file will be.
type Layout interface {
	// Header is what comes before the tensors.
	Header() []byte
	// Places are where the tensors lie behind the header, in the order of the file. What lies
	// between them, and behind the last one, is zeros.
	Places() int
	Place(i int) Place
	// Find gives the place of the tensor of that name.
	Find(name string) (i int, ok bool)
	// Size is that of the whole file.
	Size() int64
}

// Place is where a tensor lies, in bytes from the end of the header.
type Place struct {
	Name       string
	Begin, End int64
}

func (p Place) size() int64 { return p.End - p.Begin }

// checkRange panics unless [off, off+n) lies within the tensor.
func (p Place) checkRange(off int64, n int) {
	if off < 0 || off > p.size() || int64(n) > p.size()-off {
		panic(fmt.Sprintf("tensorfile: bytes [%d, %d+%d) of tensor %q, which has %d", off, off, n, p.Name, p.size()))
	}
}

// Writer fills the file of a Layout, in any order. WriteAt may be called from
// several goroutines; Close and Abort come when all of them have returned.
type Writer struct {
	file    *os.File // nil once closed
	path    string
	layout  Layout
	header  []byte         // the layout's, or what Settle was given
	written []atomic.Int64 // bytes of each tensor
	sum     sum
	settled bool // the file is whole and on disk, or removed
}

// Create creates a file that must not exist yet and gives it its final size,
// so that a full disk is known before the work rather than after it.
//
// The header is written last, by Close: until then the file begins with zeros, which no format's
// reader accepts, so an unfinished file is never taken for a whole one.
func Create(path string, l Layout) (*Writer, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, fmt.Errorf("creating a file of tensors: %w", err)
	}
	w := &Writer{file: file, path: path, layout: l, header: l.Header(), written: make([]atomic.Int64, l.Places())}
	if err := reserve(file, l.Size()); err != nil {
		_ = w.Abort() // the first error is the one to know
		return nil, fmt.Errorf("%s: reserving %d bytes: %w", path, l.Size(), err)
	}
	return w, nil
}

// WriteAt writes p, bytes of the named tensor from byte off of it on. Each
// byte is to be written once. It panics if the layout has no such tensor or
// the tensor no such bytes.
func (w *Writer) WriteAt(name string, p []byte, off int64) error {
	i, ok := w.layout.Find(name)
	if !ok {
		panic("tensorfile: no tensor " + fault.Quote(name) + " in the layout")
	}
	t := w.layout.Place(i)
	t.checkRange(off, len(p))
	if _, err := w.file.WriteAt(p, int64(len(w.layout.Header()))+t.Begin+off); err != nil {
		return fmt.Errorf("%s: writing tensor %s: %w", w.path, fault.Quote(name), err)
	}
	if w.written[i].Add(int64(len(p))) == t.size() {
		w.follow()
	}
	return nil
}

// Close completes the file: it checks that as many bytes have been written as
// each tensor has, writes the header, syncs the file and closes it. The file is
// closed even if that fails, and left for Abort to remove.
func (w *Writer) Close() error {
	if w.file == nil {
		return fmt.Errorf("%s: %w", w.path, os.ErrClosed)
	}
	err := w.complete()
	if closeErr := w.file.Close(); err == nil && closeErr != nil {
		err = fmt.Errorf("%s: %w", w.path, closeErr)
	}
	w.file = nil
	w.settled = err == nil
	return err
}

func (w *Writer) complete() error {
	for i := range w.layout.Places() {
		if t := w.layout.Place(i); !w.whole(i) {
			return fmt.Errorf("%s: %d bytes of tensor %s were written, and it has %d", w.path, w.written[i].Load(), fault.Quote(t.Name), t.size())
		}
	}
	if _, err := w.file.WriteAt(w.header, 0); err != nil {
		return fmt.Errorf("%s: writing the header: %w", w.path, err)
	}
	if err := w.file.Sync(); err != nil {
		return fmt.Errorf("%s: %w", w.path, err)
	}
	return w.finishSum()
}

// Abort removes the file, unless Close has succeeded: then it does nothing,
// so that it may be deferred.
func (w *Writer) Abort() error {
	if w.settled {
		return nil
	}
	w.settled = true
	if w.file != nil {
		w.file.Close()
		w.file = nil
	}
	if err := os.Remove(w.path); err != nil {
		return fmt.Errorf("removing an unfinished file of tensors: %w", err)
	}
	return nil
}

// Settle replaces the header before Close by one of the same length, for what is only known when the
// tensors have been written, such as hashes. From here on it stays,
// and the file is hashed beside the writing: see SHA256.
func (w *Writer) Settle(header []byte) {
	if len(header) != len(w.layout.Header()) {
		panic(fmt.Sprintf("tensorfile: the header changes from %d to %d bytes", len(w.layout.Header()), len(header)))
	}
	w.begin(header)
}
