package safetensors

import (
	"fmt"
	"os"
	"sync/atomic"

	"github.com/loramerge/loramerge/internal/fault"
)

// Writer fills the file of a Layout, in any order. WriteAt may be called from
// several goroutines; Close and Abort come when all of them have returned.
type Writer struct {
	file    *os.File // nil once closed
	path    string
	layout  *Layout
	header  []byte         // the layout's, or what Describe made of it
	written []atomic.Int64 // bytes of each tensor
	sum     sum
	settled bool // the file is whole and on disk, or removed
}

// Create creates a file that must not exist yet and gives it its final size,
// so that a full disk is known before the work rather than after it.
//
// The header is written last, by Close: until then the file begins with a
// length of 0 and Open refuses it, so an unfinished file is never taken for a
// whole one.
func Create(path string, l *Layout) (*Writer, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, fmt.Errorf("creating safetensors file: %w", err)
	}
	w := &Writer{file: file, path: path, layout: l, header: l.header, written: make([]atomic.Int64, len(l.tensors))}
	if err := reserve(file, l.size); err != nil {
		w.Abort()
		return nil, fmt.Errorf("%s: reserving %d bytes: %w", path, l.size, err)
	}
	return w, nil
}

// WriteAt writes p, bytes of the named tensor from byte off of it on. Each
// byte is to be written once. It panics if the layout has no such tensor or
// the tensor no such bytes.
func (w *Writer) WriteAt(name string, p []byte, off int64) error {
	i, ok := w.layout.index[name]
	if !ok {
		panic("safetensors: no tensor " + fault.Quote(name) + " in the layout")
	}
	t := w.layout.tensors[i]
	t.checkRange(off, len(p))
	if _, err := w.file.WriteAt(p, int64(len(w.layout.header))+t.Begin+off); err != nil {
		return fmt.Errorf("%s: writing tensor %s: %w", w.path, fault.Quote(name), err)
	}
	if w.written[i].Add(int64(len(p))) == t.Size() {
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
	for i, t := range w.layout.tensors {
		if !w.whole(i) {
			return fmt.Errorf("%s: %d bytes of tensor %s were written, and it has %d", w.path, w.written[i].Load(), fault.Quote(t.Name), t.Size())
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
		return fmt.Errorf("removing unfinished safetensors file: %w", err)
	}
	return nil
}

// Describe replaces the metadata before Close, for what is only known when the
// tensors have been written, such as hashes. The header must keep its length: lay
// the file out with placeholders of the same size. From here on the header is settled,
// and the file is hashed beside the writing: see SHA256.
func (w *Writer) Describe(metadata map[string]string) error {
	if err := checkMetadata(metadata); err != nil {
		return err
	}
	header := encodeHeader(w.layout.tensors, metadata)
	if len(header) != len(w.layout.header) {
		panic(fmt.Sprintf("safetensors: Describe changes the header from %d to %d bytes", len(w.layout.header), len(header)))
	}
	w.begin(header)
	return nil
}
