package stages

import (
	"slices"

	"github.com/loramerge/loramerge/internal/lowrank"
	"github.com/loramerge/loramerge/recipe"
)

// Deviation is how far a stage's result at one module is from what it stands for,
// in squared Frobenius norms of ΔW.
type Deviation struct {
	Kind    DeviationKind
	Adapter string
	Module  string
	Lost    float64 // ‖result − meant‖²
	Norm    float64 // ‖meant‖²
}

// DeviationKind says what is compared.
type DeviationKind string

const (
	// Truncation: a delta brought to a lower rank, compared with the delta.
	Truncation DeviationKind = "truncation"
	// CrossTerms: A and B combined apart, compared with the same combination of the
	// deltas. (ΣwB)·(ΣwA) holds products Bᵢ·Aⱼ of different adapters, and w².
	CrossTerms DeviationKind = "cross terms"
)

// Linear is a Combiner whose result in the space factors can be compared with the
// same linear combination of the deltas.
type Linear interface {
	Combiner
	// IsLinear tells whether, with these parameters, it is such a combination.
	IsLinear() bool
	// Coefficients are those of the combination, if it is linear, of deltas whose inner
	// products are given.
	Coefficients(site recipe.Site, adapters []string, g gram) []float64
}

// CrossTermError compares, exactly, s·B·A of a linear combination in the space factors
// with Σ cᵢ·sᵢ·Bᵢ·Aᵢ, through r×r Gram matrices. inType and outType are the stage's.
func CrossTermError(s Linear, at Site, inType, outType Type, in, out Value) Deviation {
	in = at.fillGaps(in)
	scales := append(scaleOf(inType, at.Module), scaleOf(outType, at.Module)...)
	g := gram{len(scales), lowrank.Gram(products(slices.Concat(in, out)))}
	for i := range g.at {
		g.at[i] *= scales[i/g.n] * scales[i%g.n]
	}
	c := s.Coefficients(at.Site, in.names(), g.leading(len(in)))
	meant := append(slices.Clone(c), 0)
	difference := append(slices.Clone(c), -1)
	return Deviation{CrossTerms, s.Name(), at.Module, max(0, g.inner(difference, difference)), g.inner(meant, meant)}
}

// leading is the Gram matrix of the first n only.
func (g gram) leading(n int) gram {
	out := gram{n, make([]float64, n*n)}
	for i := range n {
		copy(out.at[i*n:(i+1)*n], g.at[i*g.n:i*g.n+n])
	}
	return out
}
