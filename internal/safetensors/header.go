package safetensors

import (
	"strings"
	"unicode/utf8"

	"github.com/loramerge/loramerge/internal/fault"
)

// header is what the JSON of a file says, checked.
type header struct {
	tensors  []Tensor // by offset; empty ones that share an offset in the header's order
	metadata map[string]string
}

// parseHeader reads and checks the JSON of a file that has dataSize bytes
// after it. Everything that can be checked in one entry is checked as soon as
// the entry is read, so that a hostile header fails early.
func parseHeader(file, text string, dataSize int64) (header, error) {
	r := newHeaderReader(file, text, dataSize)
	if at := invalidUTF8(text); at >= 0 {
		return header{}, r.failAt(at, "the header is not UTF-8")
	}
	if err := r.object("the header's JSON object", r.member); err != nil {
		return header{}, err
	}
	r.skipSpace()
	if r.pos < len(text) {
		return header{}, r.fail("the header has %s after its JSON object", r.next())
	}
	if err := r.checkContiguous(); err != nil {
		return header{}, err
	}
	return header{tensors: r.tensors, metadata: r.metadata}, nil
}

// invalidUTF8 returns the place of the first byte that is not UTF-8, or -1.
func invalidUTF8(text string) int {
	if utf8.ValidString(text) {
		return -1
	}
	for i := 0; ; {
		r, size := utf8.DecodeRuneInString(text[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
}

// headerReader is a parse in progress.
type headerReader struct {
	scanner
	dataSize int64
	used     int64 // bytes of all the tensors so far
	tensors  []Tensor
	metadata map[string]string
	dims     []int // where the shapes live, many to one allocation
	dimCount int
	shape    [maxRank]int // the shape being read
}

func newHeaderReader(file, text string, dataSize int64) *headerReader {
	// A header has a brace for every tensor. A liar's braces are only a guess
	// at a capacity, and bounded.
	guess := min(strings.Count(text, "{"), maxTensors)
	return &headerReader{
		scanner:  scanner{at: fault.Position{File: file}, text: text},
		dataSize: dataSize,
		tensors:  make([]Tensor, 0, guess),
		dims:     make([]int, 0, 2*guess),
	}
}

// member reads one member of the header's object.
func (r *headerReader) member(name string) error {
	if name == metadataKey {
		return r.readMetadata()
	}
	if len(r.tensors) == maxTensors {
		return r.fail("the header has more than %d tensors", maxTensors)
	}
	r.at.Tensor = name
	t, err := r.entry(name)
	if err != nil {
		return err
	}
	r.tensors = append(r.tensors, t)
	r.at.Tensor = ""
	return nil
}

func (r *headerReader) readMetadata() error {
	if r.metadata != nil {
		return r.fail("the header has %s twice", metadataKey)
	}
	r.metadata = make(map[string]string)
	return r.object(metadataKey, func(key string) error {
		if _, ok := r.metadata[key]; ok {
			return r.fail("%s has the key %s twice", metadataKey, fault.Quote(key))
		}
		if len(r.metadata) == maxMetadata {
			return r.fail("%s has more than %d entries", metadataKey, maxMetadata)
		}
		value, err := r.string()
		r.metadata[key] = value
		return err
	})
}
