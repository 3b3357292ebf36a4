package gguf

import (
	"bufio"
	"io"
	"math"

	"github.com/loramerge/loramerge/internal/fault"
)

// header is what a file says before its data section.
type header struct {
	pairs   []Pair
	keys    map[string]int32
	tensors []Tensor
	index   map[string]int32
	align   int64
	dataAt  int64
	padding []gap // that must be zeros
}

// gap is a range of the file that holds nothing.
type gap struct{ begin, end int64 }

// readHeader reads and checks the header of a file of the given size.
func readHeader(path string, r io.ReaderAt, size int64) (*header, error) {
	h := &headerReader{at: fault.Position{File: path}, size: size}
	h.r = bufio.NewReaderSize(io.NewSectionReader(r, 0, size), 64<<10)
	tensors, pairs := h.begin()
	out := &header{keys: make(map[string]int32), index: make(map[string]int32), align: defaultAlign}
	for range pairs {
		out.addPair(h)
		if h.err != nil {
			return nil, h.err
		}
	}
	for range tensors {
		out.addTensor(h)
		if h.err != nil {
			return nil, h.err
		}
	}
	out.finish(h)
	return out, h.err
}

// begin reads the fixed part, and gives the two counts.
func (h *headerReader) begin() (tensors, pairs uint64) {
	var begins [4]byte
	if h.size < fixed || !h.fill(begins[:]) {
		h.wrong(0, remedyDownloadAgain, "it has %d bytes, too few for a header", h.size)
		return 0, 0
	}
	if string(begins[:]) != magic {
		h.wrong(0, "check that it is a GGUF file", "it does not begin with the letters GGUF")
		return 0, 0
	}
	switch version := h.uint(4); {
	case version >= 2 && version <= newestVersion:
	case version&0xffff == 0 && version > 0:
		h.wrong(4, "write it on a little-endian machine, or for one", "it is written big endian")
	case version == 1:
		h.wrong(4, "convert it again with a llama.cpp of late 2023 or newer", "it is of GGUF version 1, which nothing reads any more")
	default:
		h.wrong(4, "use a newer loramerge, or write it again", "it is of GGUF version %d, and versions 2 and 3 are read", version)
	}
	tensors, pairs = h.uint(8), h.uint(8)
	rest := uint64(h.size - h.pos)
	switch {
	case h.err != nil:
		return 0, 0
	case pairs > rest/leastPair || tensors > rest/leastTensor:
		h.wrong(8, remedyDownloadAgain, "it counts %d tensors and %d key-value pairs, for which the file is too short", tensors, pairs)
	case pairs > maxPairs || tensors > maxTensors:
		h.wrong(8, remedyWriteAgain, "it counts %d tensors and %d key-value pairs, and at most %d and %d are allowed", tensors, pairs, maxTensors, maxPairs)
	}
	if h.err != nil {
		return 0, 0
	}
	return tensors, pairs
}

func (out *header) addPair(h *headerReader) {
	at := h.pos
	p := h.pair()
	if h.err != nil {
		return
	}
	if _, twice := out.keys[p.Key]; twice {
		h.wrong(at, remedyWriteAgain, "the key %s occurs twice", fault.Quote(p.Key))
		return
	}
	out.keys[p.Key] = int32(len(out.pairs))
	out.pairs = append(out.pairs, p)
	if p.Key != alignmentKey {
		return
	}
	switch {
	case p.Kind != Uint32:
		h.wrong(at, remedyWriteAgain, "%s is of type %s, not u32", alignmentKey, p.Kind)
	case p.Bits == 0 || p.Bits&(p.Bits-1) != 0:
		h.wrong(at, remedyWriteAgain, "%s is %d, which is no power of two", alignmentKey, p.Bits)
	case p.Bits > maxAlignment:
		h.wrong(at, remedyWriteAgain, "%s is %d, and at most %d is allowed", alignmentKey, p.Bits, maxAlignment)
	default:
		out.align = int64(p.Bits)
	}
}

func (out *header) addTensor(h *headerReader) {
	at := h.pos
	t := Tensor{Name: h.text("a tensor's name", maxName)}
	if h.err != nil {
		return
	}
	if err := checkName(t.Name); err != nil {
		h.wrong(at, remedyWriteAgain, "the tensor's name %s can't be used: %v", fault.Quote(t.Name), err)
		return
	}
	h.at.Tensor = t.Name
	if _, twice := out.index[t.Name]; twice {
		h.wrong(at, remedyWriteAgain, "there are two tensors of this name")
		return
	}
	at = h.pos
	dims := h.uint(4)
	if dims < 1 || dims > maxDims {
		h.wrong(at, remedyWriteAgain, "it has %d dimensions, and 1 to %d are allowed", dims, maxDims)
		return
	}
	t.Shape = make([]int, dims)
	for i := range t.Shape {
		n := h.uint(8)
		if n > math.MaxInt {
			h.wrong(at, remedyWriteAgain, "%v", errTooLarge)
			return
		}
		t.Shape[len(t.Shape)-1-i] = int(n)
	}
	t.Type = Type(h.uint(4))
	place := h.pos
	offset := h.uint(8)
	if h.err != nil {
		return
	}
	size, err := byteSize(t.Type, t.Shape)
	if err != nil {
		h.wrong(at, remedyWriteAgain, "%v", err)
		return
	}
	out.place(h, t, place, offset, size)
	h.at.Tensor = ""
}

// place checks that a tensor begins where the one before it ends, at the next multiple of the
// alignment, and that it lies in the file as far as that can be known yet.
func (out *header) place(h *headerReader, t Tensor, at int64, offset uint64, size int64) {
	end := int64(0)
	if n := len(out.tensors); n > 0 {
		end = out.tensors[n-1].End
	}
	t.Begin = padded(end, out.align)
	if offset != uint64(t.Begin) {
		h.wrong(at, remedyWriteAgain, "it begins at byte %d of the data, where byte %d is expected", offset, t.Begin)
		return
	}
	if size > h.size-t.Begin {
		h.wrong(at, remedyDownloadAgain, "it has %d bytes from byte %d of the data on, and the file has %d in all", size, t.Begin, h.size)
		return
	}
	t.End = t.Begin + size
	out.index[t.Name] = int32(len(out.tensors))
	out.tensors = append(out.tensors, t)
}

// finish checks what lies behind the header.
func (out *header) finish(h *headerReader) {
	if h.err != nil {
		return
	}
	out.dataAt = padded(h.pos, out.align)
	if len(out.tensors) == 0 {
		out.dataAt = min(out.dataAt, h.size)
	}
	end, data := int64(0), h.size-out.dataAt
	out.padding = append(out.padding, gap{h.pos, out.dataAt})
	for _, t := range out.tensors {
		if t.Begin > end {
			out.padding = append(out.padding, gap{out.dataAt + end, out.dataAt + t.Begin})
		}
		if end = t.End; end > data {
			h.at.Tensor = t.Name
			h.wrong(out.dataAt+t.Begin, remedyDownloadAgain, "it ends at byte %d of the data, of which there are %d", end, max(0, data))
			return
		}
	}
	if data > padded(end, out.align) {
		h.wrong(out.dataAt+padded(end, out.align), remedyWriteAgain, "the tensors end at byte %d of the data, of which there are %d: bytes are left over", end, data)
		return
	}
	out.padding = append(out.padding, gap{out.dataAt + end, h.size})
}
