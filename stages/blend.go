package stages

import (
	"context"

	"github.com/loramerge/loramerge/internal/lowrank"
)

// blendMode is how a linear combination whose coefficients depend on the inputs is made.
type blendMode struct {
	byRow bool // with coefficients of its own for every row
	dense bool // dense, where the inputs are products
}

// blend makes one adapter as a linear combination Σ cᵢ·xᵢ, whose coefficients rule
// derives from the inputs' inner products. Angles and norms along the way are those
// of coefficient vectors, in float64, so that however long a cascade is, its result
// is rounded once. It works per tensor, per row, or per delta.
func (e Env) blend(ctx context.Context, name string, in Value, how blendMode, rule func(gram) []float64) (Value, error) {
	if e.Space == Delta && in[0].A.Data != nil && !how.byRow {
		g := gram{len(in), lowrank.Gram(ctx, products(in))}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return e.blendProducts(ctx, name, in, g, rule(g), how.dense)
	}
	return e.combine(ctx, name, in, func(_ byte, dst Matrix, srcs []Matrix) {
		if !how.byRow {
			g := gramOf(ctx, data(srcs))
			if ctx.Err() != nil {
				return
			}
			cs := rule(g)
			inBlocks(ctx, len(dst.Data), func(from, to int) { g.linear(dst.Data[from:to], ranges(srcs, from, to), cs) })
			return
		}
		rows := make([][]float32, len(srcs))
		for r := 0; r < dst.Rows && ctx.Err() == nil; r++ {
			for i := range srcs {
				rows[i] = srcs[i].Row(r)
			}
			g := gramOf(ctx, rows)
			g.linear(dst.Row(r), rows, rule(g))
		}
	}), nil
}
