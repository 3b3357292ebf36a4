package gguf

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/fault"
)

// raw is a file that is written value by value, right or wrong.
type raw struct{ bytes.Buffer }

func (r *raw) u32(values ...uint32) *raw {
	for _, v := range values {
		binary.Write(&r.Buffer, binary.LittleEndian, v)
	}
	return r
}

func (r *raw) u64(values ...uint64) *raw {
	for _, v := range values {
		binary.Write(&r.Buffer, binary.LittleEndian, v)
	}
	return r
}

func (r *raw) text(s string) *raw {
	r.u64(uint64(len(s)))
	r.WriteString(s)
	return r
}

// begin is a file of version 3 with so many tensors and pairs.
func begin(tensors, pairs uint64) *raw {
	r := &raw{}
	r.WriteString("GGUF")
	return r.u32(3).u64(tensors, pairs)
}

// tensor describes a tensor of F32, its dimensions innermost first.
func (r *raw) tensor(name string, offset uint64, dims ...uint64) *raw {
	return r.text(name).u32(uint32(len(dims))).u64(dims...).u32(uint32(F32)).u64(offset)
}

// data pads the header and adds so many bytes.
func (r *raw) data(n int) *raw {
	r.Write(make([]byte, (32-r.Len()%32)%32))
	r.Write(bytes.Repeat([]byte{7}, n))
	return r
}

// zeros adds so many.
func (r *raw) zeros(n int) *raw {
	r.Write(make([]byte, n))
	return r
}

func write(t testing.TB, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.gguf")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// checkRefused wants a Fault with a remedy that says something.
func checkRefused(t *testing.T, err error, want string) {
	t.Helper()
	f, ok := err.(*fault.Fault)
	if !ok {
		t.Fatalf("got %v, want a Fault", err)
	}
	if !strings.Contains(f.Error(), want) {
		t.Errorf("got %q, want it to say %q", f.Error(), want)
	}
	if f.Remedy == "" {
		t.Errorf("%q has no remedy", f.Error())
	}
}
