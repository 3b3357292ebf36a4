package fault

import (
	"cmp"
	"fmt"
	"strconv"
)

// Position is a place in a file, as precise as it is known: the file as a whole, a line
// and column, a tensor, a byte. The zero value is no place.
type Position struct {
	File     string `json:"file"`
	Line     int    `json:"line"` // from 1, as Column; 0 for the file as a whole
	Column   int    `json:"column"`
	Tensor   string `json:"tensor,omitempty"` // as the file spells it; empty for none
	pastByte int64  // one more than the offset; 0 for none
}

// AtByte is the position at an offset in bytes from the beginning of the file.
func (p Position) AtByte(offset int64) Position {
	p.pastByte = offset + 1
	return p
}

// Byte is the offset in the file, if it is known.
func (p Position) Byte() (offset int64, known bool) { return p.pastByte - 1, p.pastByte > 0 }

// String is FILE:LINE:COLUMN, FILE: tensor "NAME" or FILE. A byte, which few readers want
// to know first, is left to the Fault's message.
func (p Position) String() string {
	text := p.File
	if p.Line > 0 {
		text = fmt.Sprintf("%s:%d:%d", text, p.Line, p.Column)
	}
	if p.Tensor != "" {
		text = join(text, "tensor "+Quote(p.Tensor))
	}
	return text
}

// Compare orders places of one file from its beginning to its end, by line and column.
func (p Position) Compare(q Position) int {
	return cmp.Or(cmp.Compare(p.Line, q.Line), cmp.Compare(p.Column, q.Column))
}

// Quote is %q, cut short: a string out of a hostile file may have 100 MB, and tricks for a
// terminal.
func Quote(s string) string {
	const limit = 200
	if len(s) <= limit {
		return strconv.Quote(s)
	}
	return strconv.Quote(s[:limit]) + "…"
}
