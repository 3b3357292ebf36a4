package safetensors

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/loramerge/loramerge/internal/fault"
)

// Open opens a file and reads and checks its header. What is wrong with the
// file is a *fault.Fault; what went wrong in reading it is another error.
func Open(path string) (*File, error) {
	// Opening a named pipe would block, and a device may do worse.
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("opening safetensors file: %w", err)
	}
	if err := checkRegular(path, info.Mode()); err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening safetensors file: %w", err)
	}
	f, err := newFile(path, file)
	if err != nil {
		file.Close()
		return nil, err
	}
	f.file = file
	return f, nil
}

func newFile(path string, file *os.File) (*File, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("opening safetensors file: %w", err)
	}
	return readHeader(path, file, info.Size())
}

// readHeader reads and checks the header of a file of the given size.
func readHeader(path string, r io.ReaderAt, size int64) (*File, error) {
	length, err := headerLength(path, r, size)
	if err != nil {
		return nil, err
	}
	text, err := headerText(path, r, length)
	if err != nil {
		return nil, err
	}
	dataAt := lengthSize + length
	h, err := parseHeader(path, text, size-dataAt)
	if err != nil {
		return nil, err
	}
	ix, err := newIndex(h.tensors)
	if err != nil {
		return nil, fault.In(path, "").Because(err).Mend(remedySaveAgain)
	}
	return &File{path: path, dataAt: dataAt, size: size, tensors: h.tensors, index: ix, metadata: h.metadata}, nil
}

// headerLength returns the length of the JSON, which is in the file whole.
func headerLength(path string, r io.ReaderAt, size int64) (int64, error) {
	prefix := make([]byte, min(size, prefixSize))
	switch n, err := r.ReadAt(prefix, 0); {
	case n < len(prefix) && err == io.EOF:
		return 0, errShrunk(path, "")
	case n < len(prefix):
		return 0, fmt.Errorf("%s: reading the header: %w", path, err)
	}
	if len(prefix) <= lengthSize {
		return 0, tooShort(path, prefix)
	}
	length := binary.LittleEndian.Uint64(prefix)
	if length > maxHeader || int64(length) > size-lengthSize || !startsJSON(prefix[lengthSize]) {
		return 0, notSafetensors(path, prefix, length, size)
	}
	return int64(length), nil
}

// headerText reads the JSON. It is built in place rather than read as bytes and
// converted, so that a header of 100 MB is held once; the names are slices of it.
func headerText(path string, r io.ReaderAt, length int64) (string, error) {
	var text strings.Builder
	text.Grow(int(length))
	n, err := io.Copy(&text, io.NewSectionReader(r, lengthSize, length))
	if err != nil {
		return "", fmt.Errorf("%s: reading the header: %w", path, err)
	}
	if n < length {
		return "", errShrunk(path, "")
	}
	return text.String(), nil
}
