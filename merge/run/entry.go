package run

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/internal/kernels"
	"github.com/loramerge/loramerge/stages"
)

// entry is a value in the cache: a line of JSON that describes it, then its float32
// elements, little endian, part by part, A before B.
type entry struct {
	Parts      []entryPart      `json:"parts"`
	Deviations []entryDeviation `json:"deviations,omitempty"`
}

// entryPart gives the shapes of a part's tensors; rows are 0 where there is none.
type entryPart struct {
	A [2]int `json:"a"`
	B [2]int `json:"b"`
	W [2]int `json:"w"`
}

// entryDeviation is what a stage lost on the way to the value, so that a run that
// finds the value in the cache can report it too. The stage is known by its result's digest.
type entryDeviation struct {
	Result digest.Digest        `json:"result"`
	Kind   stages.DeviationKind `json:"kind"`
	Part   int                  `json:"part"`
	Lost   float64              `json:"lost"`
	Norm   float64              `json:"norm"`
}

// encode gives the pieces of an entry; a value with raw bytes has none.
func (e *entry) encode(value stages.Value) ([][]byte, bool) {
	pieces := [][]byte{nil}
	for i := range value {
		part := &value[i]
		if part.Raw != nil {
			return nil, false
		}
		e.Parts = append(e.Parts, entryPart{A: shape(part.A), B: shape(part.B), W: shape(part.W)})
		for _, tensor := range part.Tensors() {
			piece := make([]byte, 4*len(tensor.Data))
			kernels.EncodeF32(piece, tensor.Data)
			pieces = append(pieces, piece)
		}
	}
	head, err := json.Marshal(e)
	if err != nil {
		return nil, false // a deviation that is not finite
	}
	pieces[0] = append(head, '\n')
	return pieces, true
}

func shape(m stages.Matrix) [2]int {
	if m.Data == nil {
		return [2]int{}
	}
	return [2]int{m.Rows, m.Cols}
}

var errEntry = errors.New("the entry does not hold what its head says")

// decode reads an entry back. Whatever is wrong with it, it is a miss and no more.
func (e *entry) decode(data []byte, memory stages.Memory) (stages.Value, error) {
	head, rest, found := bytes.Cut(data, []byte{'\n'})
	if !found {
		return nil, errEntry
	}
	if err := json.Unmarshal(head, e); err != nil {
		return nil, err
	}
	value := make(stages.Value, len(e.Parts))
	for i, p := range e.Parts {
		if !p.sound() {
			return nil, errEntry
		}
		for _, tensor := range []struct {
			shape [2]int
			into  *stages.Matrix
		}{{p.A, &value[i].A}, {p.B, &value[i].B}, {p.W, &value[i].W}} {
			rows, cols := tensor.shape[0], tensor.shape[1]
			if rows == 0 {
				continue
			}
			if rows > len(rest)/4/cols {
				return nil, errEntry
			}
			*tensor.into = stages.Matrix{Rows: rows, Cols: cols, Data: memory.Floats(rows * cols)}
			kernels.DecodeF32(tensor.into.Data, rest[:4*rows*cols])
			rest = rest[4*rows*cols:]
		}
	}
	if len(rest) > 0 {
		return nil, errEntry
	}
	return value, nil
}

// sound reports whether the shapes are those of a part: A [r, in] and B [out, r], or W, or
// nothing.
func (p entryPart) sound() bool {
	none := [2]int{}
	full := func(shape [2]int) bool { return shape[0] > 0 && shape[1] > 0 }
	if p.W != none {
		return full(p.W) && p.A == none && p.B == none
	}
	return p.A == none && p.B == none || full(p.A) && full(p.B) && p.B[1] == p.A[0]
}
