package safetensors

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/loramerge/loramerge/internal/fault"
)

// fourAndSix is a file of a tensor of 4 bytes, 0 to 3, and one of 6, 4 to 9.
func fourAndSix() []byte {
	return fileBytes(`{"four":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},`+
		`"six":{"dtype":"U16","shape":[3],"data_offsets":[4,10]}}`, 10)
}

func TestReadAt(t *testing.T) {
	f := mustOpen(t, writeFile(t, fourAndSix()))
	tests := map[string]struct {
		tensor string
		off    int64
		want   []byte
	}{
		"first whole":         {"four", 0, []byte{0, 1, 2, 3}},
		"second whole":        {"six", 0, []byte{4, 5, 6, 7, 8, 9}},
		"middle":              {"six", 2, []byte{6, 7}},
		"nothing":             {"four", 2, []byte{}},
		"nothing, at the end": {"six", 6, []byte{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			tensor, _ := f.Lookup(test.tensor)
			got := make([]byte, len(test.want))
			if err := f.ReadAt(tensor, got, test.off); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, test.want) {
				t.Errorf("read %v, want %v", got, test.want)
			}
		})
	}
}

func TestReadAtPanicsOutsideTensor(t *testing.T) {
	f := mustOpen(t, writeFile(t, fourAndSix()))
	four, _ := f.Lookup("four")
	tests := map[string]struct {
		off  int64
		size int
	}{
		"before":               {-1, 1},
		"into the next tensor": {3, 2},
		"after":                {5, 0},
		"far after":            {1 << 62, 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			f.ReadAt(four, make([]byte, test.size), test.off)
		})
	}
}

func TestReadAtOfShrunkFile(t *testing.T) {
	content := fourAndSix()
	path := writeFile(t, content)
	f := mustOpen(t, path)
	if err := os.Truncate(path, int64(len(content)-1)); err != nil {
		t.Fatal(err)
	}
	six, _ := f.Lookup("six")
	err := f.ReadAt(six, make([]byte, 6), 0)
	if wrong, ok := err.(*fault.Fault); !ok || wrong.Tensor != "six" || wrong.File != path {
		t.Errorf("error %v, want a Fault of tensor six", err)
	}
	if err := f.ReadAt(six, make([]byte, 5), 0); err != nil {
		t.Errorf("the bytes that are left: %v", err)
	}
}

func TestReadAtOfClosedFile(t *testing.T) {
	f := mustOpen(t, writeFile(t, fourAndSix()))
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	four, _ := f.Lookup("four")
	err := f.ReadAt(four, make([]byte, 4), 0)
	if !errors.Is(err, os.ErrClosed) || !strings.Contains(err.Error(), `tensor "four"`) {
		t.Errorf("error %v", err)
	}
}

func TestReadAtFromManyGoroutines(t *testing.T) {
	f := mustOpen(t, writeFile(t, fourAndSix()))
	six, _ := f.Lookup("six")
	var wg sync.WaitGroup
	for i := range 6 {
		wg.Go(func() {
			got := make([]byte, 1)
			if err := f.ReadAt(six, got, int64(i)); err != nil || got[0] != byte(4+i) {
				t.Errorf("byte %d: %d, %v", i, got[0], err)
			}
		})
	}
	wg.Wait()
}

// A file may also shrink between the look at its size and the reading.
func TestHeaderOfShrunkFile(t *testing.T) {
	content := fourAndSix()
	for _, left := range []int{0, 4, lengthSize + 1, len(content) - 11} {
		_, err := readHeader("x", bytes.NewReader(content[:left]), int64(len(content)))
		checkFault(t, err, "the file has become shorter while it was read; don't change the file until the run has ended, and start again")
	}
}
