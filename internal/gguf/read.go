package gguf

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/loramerge/loramerge/internal/fault"
)

const (
	magic = "GGUF"
	// fixed is what a header has at least: magic, version and the two counts.
	fixed = 4 + 4 + 8 + 8
	// leastPair is a key of one byte, a kind and a value of one byte; leastTensor a name of no
	// byte, one dimension, a type and an offset.
	leastPair   = 8 + 1 + 4 + 1
	leastTensor = 8 + 4 + 8 + 4 + 8
)

const (
	remedyWriteAgain    = "it was written wrongly: write it again with llama.cpp's gguf library"
	remedyDownloadAgain = "it is incomplete or damaged: download or copy it again"
)

// headerReader reads a header from its beginning to its end.
type headerReader struct {
	at   fault.Position
	r    *bufio.Reader
	pos  int64 // of the next byte
	size int64 // of the file
	err  error // the first one, an I/O error or a *fault.Fault
}

// wrong notes what is wrong with the bytes from a place on.
func (h *headerReader) wrong(at int64, remedy, format string, args ...any) {
	if h.err == nil {
		h.err = fault.At(h.at.AtByte(at), format, args...).Mend(remedy)
	}
}

// fill reads as many bytes as p has.
func (h *headerReader) fill(p []byte) bool {
	switch {
	case h.err != nil:
		return false
	case int64(len(p)) > h.size-h.pos:
		h.wrong(h.pos, remedyDownloadAgain, "the file ends within its header, after %d bytes", h.size)
		return false
	case h.pos+int64(len(p)) > maxHeader:
		h.wrong(h.pos, remedyWriteAgain, "the header has more than %d bytes", maxHeader)
		return false
	}
	if _, err := io.ReadFull(h.r, p); err != nil {
		if h.err = fmt.Errorf("%s: reading the header: %w", h.at.File, err); errors.Is(err, io.ErrUnexpectedEOF) || err == io.EOF {
			h.err = errShrunk(h.at.File, "")
		}
		return false
	}
	h.pos += int64(len(p))
	return true
}

func (h *headerReader) uint(width int) uint64 {
	var p [8]byte
	if !h.fill(p[:width]) {
		return 0
	}
	return binary.LittleEndian.Uint64(p[:])
}

// skip passes over n bytes.
func (h *headerReader) skip(n int64) {
	var p [4096]byte
	for n > 0 && h.err == nil {
		part := p[:min(n, int64(len(p)))]
		h.fill(part)
		n -= int64(len(part))
	}
}

// text reads a string of at most so many bytes.
func (h *headerReader) text(what string, most uint64) string {
	at := h.pos
	n := h.uint(8)
	switch {
	case h.err != nil:
		return ""
	case n > maxLength:
		h.wrong(at, remedyDownloadAgain, "%s has %d bytes, and at most %d are allowed", what, n, maxLength)
		return ""
	case int64(n) > h.size-h.pos:
		h.wrong(at, remedyDownloadAgain, "%s has %d bytes, and the file ends after %d", what, n, h.size-h.pos)
		return ""
	case n > most:
		h.wrong(at, remedyWriteAgain, "%s has %d bytes, and at most %d are allowed", what, n, most)
		return ""
	}
	if h.pos+int64(n) > maxHeader {
		h.wrong(at, remedyWriteAgain, "the header has more than %d bytes", maxHeader)
		return ""
	}
	text := h.take(int(n))
	if h.err == nil && !utf8.ValidString(text) {
		h.wrong(at, remedyWriteAgain, "%s is not UTF-8", what)
		return ""
	}
	return text
}

// take reads n bytes, which the file has. They are held once.
func (h *headerReader) take(n int) string {
	var text strings.Builder
	text.Grow(n)
	var p [4096]byte
	for text.Len() < n && h.err == nil {
		part := p[:min(n-text.Len(), len(p))]
		h.fill(part)
		text.Write(part)
	}
	return text.String()
}

// pair reads a key and its value.
func (h *headerReader) pair() Pair {
	at := h.pos
	p := Pair{Key: h.text("a key", maxLength)}
	switch {
	case h.err != nil:
		return p
	case p.Key == "":
		h.wrong(at, remedyWriteAgain, "a key is empty")
	default:
		if err := checkName(p.Key); err != nil {
			h.wrong(at, remedyWriteAgain, "the key %s can't be used: %v", fault.Quote(p.Key), err)
		}
	}
	at = h.pos
	p.Kind = Kind(h.uint(4))
	switch {
	case h.err != nil:
	case !p.Kind.valid():
		h.wrong(at, remedyWriteAgain, "the value of %s is of type %d, which GGUF does not have", fault.Quote(p.Key), uint32(p.Kind))
	case p.Kind == String:
		p.Text = h.text("the value of "+fault.Quote(p.Key), maxLength)
	case p.Kind == Array:
		h.array(&p)
	default:
		h.number(&p)
	}
	return p
}

func (h *headerReader) number(p *Pair) {
	at := h.pos
	p.Bits = h.uint(kinds[p.Kind].width)
	if p.Kind == Bool && p.Bits > 1 {
		h.wrong(at, remedyWriteAgain, "the value of %s is neither true nor false but %d", fault.Quote(p.Key), p.Bits)
	}
}

// array passes over the items.
func (h *headerReader) array(p *Pair) {
	at := h.pos
	p.Of, p.Items = Kind(h.uint(4)), h.uint(8)
	switch {
	case h.err != nil:
		return
	case p.Of == Array:
		h.wrong(at, "write it as a list; ggml reads no lists of lists either", "the value of %s is an array of arrays", fault.Quote(p.Key))
		return
	case !p.Of.valid():
		h.wrong(at, remedyWriteAgain, "the items of %s are of type %d, which GGUF does not have", fault.Quote(p.Key), uint32(p.Of))
		return
	case p.Items > maxLength:
		h.wrong(at, remedyDownloadAgain, "the value of %s has %d items, and at most %d are allowed", fault.Quote(p.Key), p.Items, maxLength)
		return
	}
	if width := kinds[p.Of].width; width > 0 {
		if all := int64(p.Items) * int64(width); all > h.size-h.pos {
			h.wrong(at, remedyDownloadAgain, "the value of %s has %d items, and the file ends after %d bytes", fault.Quote(p.Key), p.Items, h.size-h.pos)
		} else {
			h.skip(all)
		}
		return
	}
	for range p.Items {
		at := h.pos
		n := h.uint(8)
		if h.err == nil && (n > maxLength || int64(n) > h.size-h.pos) {
			h.wrong(at, remedyDownloadAgain, "an item of %s has %d bytes, and the file ends after %d", fault.Quote(p.Key), n, h.size-h.pos)
		}
		if h.err != nil {
			return
		}
		h.skip(int64(n))
	}
}
