package stages

import (
	"github.com/loramerge/loramerge/internal/lowrank"
)

// dense is the Type after a verb that works element by element: deltas can no
// longer be held as products.
func (t Type) dense() Type {
	t.Dense = t.Space == Delta
	return t
}

// densify multiplies deltas held as products out; every other value stays.
func (s Site) densify(in Value) Value {
	if s.Space != Delta {
		return in
	}
	out := make(Value, len(in))
	for i, part := range in {
		if part.A.Data != nil {
			w := s.matrix(part.B.Rows, part.A.Cols)
			lowrank.Dense(w, lowrank.Product{B: part.B, A: part.A}, s.Workers)
			part.A, part.B, part.W = Matrix{}, Matrix{}, w
		}
		out[i] = part
	}
	return out
}
