package report

import (
	"context"
	"math"

	"github.com/loramerge/loramerge/internal/lowrank"
	"github.com/loramerge/loramerge/internal/reportpage"
)

// gramMatrix holds the inner products ⟨ΔWᵢ, ΔWⱼ⟩ of n adapters; those that are not
// present are zero.
type gramMatrix struct {
	n       int
	x       []float64 // [n, n]
	present []bool
}

// gramOf takes the products of the adapters that are present, and gives each its scale.
func gramOf(ctx context.Context, deltas []lowrank.Product, scales []float64, present []bool, n int) gramMatrix {
	g := gramMatrix{n, make([]float64, n*n), present}
	at := places(present)
	inner := lowrank.Gram(ctx, deltas)
	for k, i := range at {
		for l, j := range at {
			g.x[i*n+j] = scales[k] * scales[l] * inner[k*len(at)+l]
		}
	}
	return g
}

// places are the numbers of those that are present.
func places(present []bool) (at []int) {
	for i, there := range present {
		if there {
			at = append(at, i)
		}
	}
	return at
}

func (g gramMatrix) at(i, j int) float64 { return g.x[i*g.n+j] }

func (g gramMatrix) norm(i int) float64 { return math.Sqrt(max(0, g.at(i, i))) }

// cosine is undefined with zero.
func (g gramMatrix) cosine(i, j int) reportpage.Ratio {
	r := reportpage.Over(g.at(i, j), g.norm(i)*g.norm(j))
	return max(-1, min(1, r))
}

// cosines are those of the first n, and their mean over the pairs that have one.
func (g gramMatrix) cosines(n int) (all [][]reportpage.Ratio, mean reportpage.Ratio) {
	all = make([][]reportpage.Ratio, n)
	sum, count := 0.0, 0.0
	for i := range n {
		all[i] = make([]reportpage.Ratio, n)
		for j := range n {
			all[i][j] = g.cosine(i, j)
			if i < j && all[i][j].Defined() {
				sum, count = sum+float64(all[i][j]), count+1
			}
		}
	}
	return all, reportpage.Over(sum, count)
}

// add sums inner products over modules, which are those of the modules' ΔW as one vector.
func (g gramMatrix) add(other gramMatrix) {
	for i, x := range other.x {
		g.x[i] += x
	}
	for i, there := range other.present {
		g.present[i] = g.present[i] || there
	}
}
