package lowrank

import (
	"context"

	"github.com/loramerge/loramerge/internal/lowrank/gemm"
)

// Projected returns of each product ΔW the energies ‖P_U·ΔW·P_V‖² and ‖ΔW‖², where P_U
// projects onto the columns of cut.B and P_V onto the rows of cut.A: what of ΔW lies where a
// cut to its leading singular vectors has kept anything, and all of it. The columns of
// cut.B, and the rows of cut.A, must be orthogonal, as singular vectors are. When ctx ends
// it returns early, with what means nothing.
func Projected(ctx context.Context, cut Product, ps []Product) (kept, own []float64) {
	checkSameShape(append([]Product{cut}, ps...)...)
	bs, as := make([]gemm.Matrix[float32], len(ps)), make([]gemm.Matrix[float32], len(ps))
	for i, p := range ps {
		bs[i], as[i] = p.B.view().T(), p.A.view()
	}
	b, a := alongOf(ctx, cut.B.view().T(), bs), alongOf(ctx, cut.A.view(), as)
	kept, own = make([]float64, len(ps)), make([]float64, len(ps))
	for i := range ps {
		own[i] = inner(b.grams[i], a.grams[i])
		for u := range b.lengths {
			for v := range a.lengths {
				x := 0.0
				for k, y := range b.cross[i].Row(u) {
					x += float64(y * a.cross[i].Row(v)[k])
				}
				if lengths := b.lengths[u] * a.lengths[v]; lengths > 0 {
					kept[i] += float64(x * x / lengths)
				}
			}
		}
	}
	return kept, own
}

// along are inner products of directions [r, n] with the rows of xs [kᵢ, n], of each x's
// rows with each other, and the squared lengths of the directions.
type along struct {
	cross, grams []gemm.Matrix[float64]
	lengths      []float64
}

func alongOf(ctx context.Context, directions gemm.Matrix[float32], xs []gemm.Matrix[float32]) along {
	out := along{lengths: make([]float64, directions.Rows)}
	for _, x := range xs {
		out.grams = append(out.grams, gemm.New[float64](x.Rows, x.Rows))
		out.cross = append(out.cross, gemm.New[float64](directions.Rows, x.Rows))
	}
	for from := 0; from < directions.Cols && ctx.Err() == nil; from += gramChunk {
		to := min(from+gramChunk, directions.Cols)
		some := directions.Part(0, directions.Rows, from, to)
		for i, x := range xs {
			part := x.Part(0, x.Rows, from, to)
			gemm.AddGram(out.grams[i], part, 1)
			gemm.AddCross(out.cross[i], some, part)
		}
		for l := range some.Cols {
			for u := range out.lengths {
				x := float64(some.Data[u*some.RowStep+l*some.ColStep])
				out.lengths[u] += x * x // which is exact
			}
		}
	}
	return out
}
