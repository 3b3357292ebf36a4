package safetensors

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/loramerge/loramerge/internal/fault"
)

// headerAlign is what the data section's start is a multiple of, as in the
// reference, so that readers may map the file and use its float64s in place.
const headerAlign = 8

// encodeHeader returns a file's beginning: the length, the JSON as the
// reference writes it (metadata first, its keys sorted here) and spaces.
func encodeHeader(tensors []Tensor, metadata map[string]string) []byte {
	h := make([]byte, lengthSize, lengthSize+128*(len(tensors)+len(metadata)+1))
	h = append(h, '{')
	if len(metadata) > 0 {
		h = appendMetadata(h, metadata)
	}
	for _, t := range tensors {
		h = appendComma(h, '{')
		h = appendTensor(h, t)
	}
	h = append(h, '}')
	for len(h)%headerAlign != 0 {
		h = append(h, ' ')
	}
	binary.LittleEndian.PutUint64(h, uint64(len(h)-lengthSize))
	return slices.Clip(h)
}

func appendMetadata(h []byte, metadata map[string]string) []byte {
	h = appendString(h, metadataKey)
	h = append(h, ":{"...)
	for _, key := range slices.Sorted(maps.Keys(metadata)) {
		h = appendComma(h, '{')
		h = appendString(h, key)
		h = append(h, ':')
		h = appendString(h, metadata[key])
	}
	return append(h, '}')
}

func appendTensor(h []byte, t Tensor) []byte {
	h = appendString(h, t.Name)
	h = append(h, `:{"dtype":"`...)
	h = append(h, t.DType.String()...)
	h = append(h, `","shape":[`...)
	for _, dim := range t.Shape {
		h = appendComma(h, '[')
		h = strconv.AppendInt(h, int64(dim), 10)
	}
	h = append(h, `],"data_offsets":[`...)
	h = strconv.AppendInt(h, t.Begin, 10)
	h = append(h, ',')
	h = strconv.AppendInt(h, t.End, 10)
	return append(h, "]}"...)
}

// appendComma appends a comma unless the list was just opened.
func appendComma(h []byte, open byte) []byte {
	if h[len(h)-1] == open {
		return h
	}
	return append(h, ',')
}

// appendString appends s as JSON, escaping what must be and nothing else.
func appendString(h []byte, s string) []byte {
	h = append(h, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			h = append(h, '\\', c)
		case c < ' ':
			h = appendControl(h, c)
		default:
			h = append(h, c)
		}
	}
	return append(h, '"')
}

// appendControl appends a control character as \n, or as \u0001.
func appendControl(h []byte, c byte) []byte {
	if i := strings.IndexByte("\b\f\n\r\t", c); i >= 0 {
		return append(h, '\\', "bfnrt"[i])
	}
	return fmt.Appendf(h, `\u%04x`, c)
}

// checkMetadata refuses what cannot be written or would not be read.
func checkMetadata(metadata map[string]string) error {
	if len(metadata) > maxMetadata {
		return fmt.Errorf("%d entries of metadata, and at most %d are allowed", len(metadata), maxMetadata)
	}
	for key, value := range metadata {
		if !utf8.ValidString(key) || !utf8.ValidString(value) {
			return fmt.Errorf("the metadata's entry %s is not UTF-8", fault.Quote(key))
		}
	}
	return nil
}
