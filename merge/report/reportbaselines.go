package report

import (
	"math"

	"github.com/loramerge/loramerge/internal/reportpage"
	"github.com/loramerge/loramerge/stages"
)

// baselines are the plain mean of the first n, and their sum at the size that `norm: inputs`
// gives. With x = Σ ΔWᵢ: ⟨x, ΔWₜ⟩ = Σᵢ⟨ΔWᵢ, ΔWₜ⟩, and both are multiples of x.
func (g gramMatrix) baselines(n int) []reportpage.Baseline {
	norms := g.norms(n)
	sum := math.Sqrt(max(0, norms.Sum.Norm))
	if n < 2 || sum == 0 {
		return []reportpage.Baseline{}
	}
	multiple := func(name string, by float64) reportpage.Baseline {
		b := reportpage.Baseline{Name: name, Norm: by * sum}
		for t := range n {
			with := 0.0
			for i := range n {
				with += g.at(i, t)
			}
			b.Alignments = append(b.Alignments, max(-1, min(1, reportpage.Over(with, sum*g.norm(t)))))
			b.Strengths = append(b.Strengths, reportpage.Over(by*with, g.at(t, t)))
		}
		return b
	}
	return []reportpage.Baseline{multiple("plain mean", 1/float64(n)), multiple("sum, norm: inputs", norms.ByInputs()/sum)}
}

// norms are those of the first n, of equal weights, and of their sum.
func (g gramMatrix) norms(n int) stages.Norms {
	var out stages.Norms
	terms := 0.0
	for i := range n {
		own := stages.Squared{Norm: g.at(i, i), Terms: g.at(i, i)}
		out.Plain, out.Weighted = append(out.Plain, own), append(out.Weighted, own)
		terms += g.norm(i)
		for j := range n {
			out.Sum.Norm += g.at(i, j)
		}
	}
	out.Sum.Terms = terms * terms
	return out
}
