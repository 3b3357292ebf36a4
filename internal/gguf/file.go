package gguf

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/osfile"
)

// File is a GGUF file that is open for reading, its header checked.
// Its methods, except Close, may be called from several goroutines.
type File struct {
	file *os.File
	path string
	size int64
	*header
}

// Open opens a file and reads and checks its header. What is wrong with the
// file is a *fault.Fault; what went wrong in reading it is another error.
func Open(path string) (*File, error) {
	file, err := osfile.Open(path)
	if err != nil {
		return nil, err
	}
	f, err := newFile(path, file)
	if err != nil {
		file.Close()
		return nil, err
	}
	return f, nil
}

func newFile(path string, file *os.File) (*File, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("opening a GGUF file: %w", err)
	}
	h, err := readHeader(path, file, info.Size())
	if err != nil {
		return nil, err
	}
	f := &File{file, path, info.Size(), h}
	return f, f.checkPadding()
}

// checkPadding refuses what is hidden between the tensors.
func (f *File) checkPadding() error {
	var block [4096]byte
	for _, g := range f.padding {
		for at := g.begin; at < g.end; {
			part := block[:min(g.end-at, int64(len(block)))]
			if _, err := f.file.ReadAt(part, at); err != nil {
				return f.readError(err, "")
			}
			for i, b := range part {
				if b != 0 {
					return fault.At(fault.Position{File: f.path}.AtByte(at+int64(i)), "the padding between tensors is not zeros").Mend(remedyWriteAgain)
				}
			}
			at += int64(len(part))
		}
	}
	f.padding = nil
	return nil
}

// Stat is that of the open file itself, even if another one has taken its path since.
func (f *File) Stat() (os.FileInfo, error) { return f.file.Stat() }

// Path returns the path the file was opened with.
func (f *File) Path() string { return f.path }

// Size returns the size of the file in bytes.
func (f *File) Size() int64 { return f.size }

// HeaderSize returns the number of bytes before the data section.
func (f *File) HeaderSize() int64 { return f.dataAt }

// Header reads what comes before the data section.
func (f *File) Header() ([]byte, error) {
	text := make([]byte, f.dataAt)
	if _, err := f.file.ReadAt(text, 0); err != nil {
		return nil, f.readError(err, "")
	}
	return text, nil
}

// Tensors returns the tensors in the order of the file. The slice is the file's own: don't change
// it.
func (f *File) Tensors() []Tensor { return f.tensors }

// Lookup returns the tensor of that name.
func (f *File) Lookup(name string) (Tensor, bool) {
	i, ok := f.index[name]
	if !ok {
		return Tensor{}, false
	}
	return f.tensors[i], true
}

// Pairs returns the key-value pairs in the order of the file. The slice is the file's own: don't
// change it. Texts may hold any character: quote them before they go to a terminal.
func (f *File) Pairs() []Pair { return f.pairs }

// Pair returns the pair of that key.
func (f *File) Pair(key string) (Pair, bool) {
	i, ok := f.keys[key]
	if !ok {
		return Pair{}, false
	}
	return f.pairs[i], true
}

// ReadAt reads len(p) bytes of t, one of the file's tensors, from byte off of
// the tensor on. A file that has become shorter since Open is a *fault.Fault.
// It panics if the bytes asked for are not the tensor's.
func (f *File) ReadAt(t Tensor, p []byte, off int64) error {
	t.checkRange(off, len(p))
	_, err := f.file.ReadAt(p, f.dataAt+t.Begin+off)
	if err != nil {
		return f.readError(err, t.Name)
	}
	return nil
}

// Close closes the file.
func (f *File) Close() error { return f.file.Close() }

func (f *File) readError(err error, tensor string) error {
	if errors.Is(err, io.EOF) {
		return errShrunk(f.path, tensor)
	}
	return fmt.Errorf("%s: reading it: %w", f.path, err)
}

// errShrunk is the error for a file that was cut while it was open.
func errShrunk(path, tensor string) error {
	return fault.At(fault.Position{File: path, Tensor: tensor}, "the file has become shorter while it was read").
		Mend("don't change the file until the run has ended, and start again")
}
