package gguf_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
)

// file is a GGUF file as llama.cpp sees it, read by code that shares nothing with the project's own.
type file struct {
	values  map[string]any
	tensors map[string]matrix
	names   []string // in the order of the file
}

type matrix struct {
	rows, columns int
	x             []float64
	kind          uint32
}

// readFile reads a file by docs/gguf.md. It knows matrices of F32, F16 and BF16.
func readFile(t testing.TB, path string) *file {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r := bytes.NewReader(content)
	get := func(v any) {
		if err := binary.Read(r, binary.LittleEndian, v); err != nil {
			t.Fatal(err)
		}
	}
	u32 := func() (v uint32) { get(&v); return v }
	u64 := func() (v uint64) { get(&v); return v }
	text := func() string { p := make([]byte, u64()); get(p); return string(p) }
	magic := make([]byte, 4)
	if get(magic); string(magic) != "GGUF" || u32() != 3 {
		t.Fatalf("%s is no GGUF file of version 3", path)
	}
	out := &file{values: make(map[string]any), tensors: make(map[string]matrix)}
	tensors, pairs := u64(), u64()
	for range pairs {
		key := text()
		switch kind := u32(); kind {
		case 4:
			out.values[key] = u32()
		case 6:
			out.values[key] = math.Float32frombits(u32())
		case 8:
			out.values[key] = text()
		default:
			t.Fatalf("%s: %s is of the kind %d", path, key, kind)
		}
	}
	offsets := make([]uint64, tensors)
	for i := range offsets {
		name := text()
		if dims := u32(); dims != 2 {
			t.Fatalf("%s: %s has %d dimensions", path, name, dims)
		}
		columns, rows := u64(), u64() // the innermost comes first
		out.names = append(out.names, name)
		out.tensors[name] = matrix{int(rows), int(columns), nil, u32()}
		offsets[i] = u64()
	}
	at := (len(content) - r.Len() + 31) / 32 * 32
	expected := 0
	for i, name := range out.names {
		m := out.tensors[name]
		if int(offsets[i]) != expected {
			t.Fatalf("%s: %s begins at %d, ggml expects it at %d", path, name, offsets[i], expected)
		}
		width := map[uint32]int{0: 4, 1: 2, 30: 2}[m.kind]
		size := m.rows * m.columns * width
		m.x = decode(content[at+expected:][:size], m.kind)
		expected = (expected + size + 31) / 32 * 32
		out.tensors[name] = m
	}
	if at+expected != len(content) {
		t.Fatalf("%s has %d bytes, and its tensors end at %d", path, len(content), at+expected)
	}
	return out
}

func decode(p []byte, kind uint32) []float64 {
	var out []float64
	for len(p) > 0 {
		switch kind {
		case 0:
			out = append(out, float64(math.Float32frombits(binary.LittleEndian.Uint32(p))))
			p = p[4:]
		case 1:
			out = append(out, half(binary.LittleEndian.Uint16(p)))
			p = p[2:]
		case 30:
			out = append(out, float64(math.Float32frombits(uint32(binary.LittleEndian.Uint16(p))<<16)))
			p = p[2:]
		}
	}
	return out
}

// half decodes a finite float16: a sign, 5 bits of exponent, 10 of fraction.
func half(h uint16) float64 {
	exponent, fraction := int(h>>10&31), float64(h&1023)
	x := math.Ldexp(fraction, -24)
	if exponent > 0 {
		x = math.Ldexp(1024+fraction, exponent-25)
	}
	if h>>15 == 1 {
		return -x
	}
	return x
}

// delta is what llama.cpp adds to a tensor: scale·B·A, the rows of q and k brought back from its order,
// and for an embedding transposed, [hidden, vocabulary].
func (f *file) delta(t testing.TB, weight string, heads int) (rows, columns int, x []float64) {
	t.Helper()
	a, b := f.tensors[weight+".lora_a"], f.tensors[weight+".lora_b"]
	if weight == "token_embd.weight" {
		a = a.transposed()
	}
	if a.rows != b.columns {
		t.Fatalf("%s: A has %d rows, B %d columns", weight, a.rows, b.columns)
	}
	scale := float32(1)
	if alpha := f.values["adapter.lora.alpha"].(float32); alpha != 0 {
		scale = alpha / float32(b.columns)
	}
	x = make([]float64, b.rows*a.columns)
	for i := range b.rows {
		from := i
		if heads > 0 {
			n := b.rows / heads // rows of a head: 2i + half holds half·n/2 + i
			half, place := i%n/(n/2), i%n%(n/2)
			from = i/n*n + 2*place + half
		}
		for j := range a.columns {
			for k := range a.rows {
				x[i*a.columns+j] += b.x[from*b.columns+k] * a.x[k*a.columns+j]
			}
			x[i*a.columns+j] *= float64(scale)
		}
	}
	return b.rows, a.columns, x
}

func (m matrix) transposed() matrix {
	out := matrix{m.columns, m.rows, make([]float64, len(m.x)), m.kind}
	for i := range m.rows {
		for j := range m.columns {
			out.x[j*m.rows+i] = m.x[i*m.columns+j]
		}
	}
	return out
}

// weights are the base model's tensors that are changed.
func (f *file) weights() []string {
	var out []string
	for _, name := range f.names {
		if weight, ok := strings.CutSuffix(name, ".lora_a"); ok {
			out = append(out, weight)
		}
	}
	slices.Sort(out)
	return out
}
