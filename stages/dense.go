package stages

import (
	"context"
	"slices"

	"github.com/loramerge/loramerge/internal/lowrank"
)

// dense is the Type after a verb that works element by element: deltas can no
// longer be held as products.
func (t Type) dense() Type {
	t.Dense = t.Space == Delta
	return t
}

// densify is dense over all parts of a value.
func (e Env) densify(ctx context.Context, in Value) (out Value, made []bool) {
	out, made = make(Value, len(in)), make([]bool, len(in))
	for i := range in {
		out[i], made[i] = e.dense(ctx, in[i])
	}
	return out, made
}

// dense multiplies one delta out if it is held as a product; made tells that its W is
// new and nobody else's.
func (e Env) dense(ctx context.Context, part Part) (dense Part, made bool) {
	if e.Space != Delta || part.A.Data == nil {
		return part, false
	}
	w := e.matrix(part.B.Rows, part.A.Cols)
	lowrank.Dense(ctx, w, lowrank.Product{B: part.B, A: part.A}, e.Workers)
	return Part{Adapter: part.Adapter, W: w}, true
}

// matchDense makes all deltas of a slot dense if one of them is, as its Type has it.
func (e Env) matchDense(ctx context.Context, in Value) Value {
	if e.Space == Delta && slices.ContainsFunc(in, func(p Part) bool { return p.W.Data != nil }) {
		in, _ = e.densify(ctx, in)
	}
	return in
}

// densified is the memory that deltas held as products take at a module once they are
// multiplied out.
func (t Type) densified(module string) int64 {
	if t.Space != Delta || t.Dense {
		return 0
	}
	return t.dense().Bytes(module)
}

// oneDensified is the same for the largest of them alone.
func (t Type) oneDensified(module string) int64 {
	if t.densified(module) == 0 {
		return 0
	}
	return 4 * t.dense().largest(module)
}
