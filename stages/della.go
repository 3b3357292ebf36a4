package stages

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/loramerge/loramerge/internal/kernels"
)

// dropByMagnitude is drop with a chance of its own for each element, by its place among
// those of its row. Of equal magnitudes the first in the row is the smaller.
func (d *dropping) dropByMagnitude(ctx context.Context, dst, src Matrix, density, epsilon float64, seed [32]byte) {
	n := src.Cols
	chance, words, order := kernels.NewChance(seed), make([]uint32, n), make([]int, n)
	rescales := keyRescale.Of(d.Params) == "inverse-density"
	for r := range src.Rows {
		if ctx.Err() != nil {
			return
		}
		row, out := src.Row(r), dst.Row(r)
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(x, y int) int {
			return cmp.Compare(math.Abs(float64(row[x])), math.Abs(float64(row[y])))
		})
		chance.Fill(words)
		for k, i := range order {
			p := density
			if n > 1 {
				p = min(1, max(0, density-epsilon+2*epsilon*float64(k)/float64(n-1)))
			}
			switch {
			case float64(words[i]) >= math.Ceil(math.Ldexp(p, 32)):
				out[i] = 0
			case rescales:
				out[i] = float32(1/p) * row[i]
			default:
				out[i] = row[i]
			}
		}
	}
}
