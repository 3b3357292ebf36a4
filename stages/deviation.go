package stages

import (
	"context"
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
	// CrossTerms: A and B combined separately, compared with the same combination of the
	// deltas. (ΣwB)·(ΣwA) holds products Bᵢ·Aⱼ of different adapters, and w².
	CrossTerms DeviationKind = "cross terms"
	// Steps: a merge of A and B apart that is not linear, compared with the same steps
	// done on ΔW.
	Steps DeviationKind = "steps apart"
	// Cancellation is no loss of the stage's own, but of adapters that cancel each other:
	// ‖Σwᵢ·ΔWᵢ‖² beside (Σ‖wᵢ·ΔWᵢ‖)², which it would be if they agreed.
	Cancellation DeviationKind = "cancellation"
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
func CrossTermError(ctx context.Context, s Linear, env Env, inType, outType Type, in, out Value) Deviation {
	in = env.fillGaps(in)
	scales := append(scaleOf(inType, env.Module), scaleOf(outType, env.Module)...)
	g := gram{len(scales), lowrank.Gram(ctx, products(slices.Concat(in, out)))}
	for i := range g.at {
		g.at[i] *= scales[i/g.n] * scales[i%g.n]
	}
	c := s.Coefficients(env.Site, in.names(), g.leading(len(in)))
	meant := append(slices.Clone(c), 0)
	difference := append(slices.Clone(c), -1)
	return Deviation{CrossTerms, s.Makes(), env.Module, max(0, g.inner(difference, difference)), g.inner(meant, meant)}
}

// ToDeltas is a stage that goes over to what adapters do.
func ToDeltas(at recipe.Position, name string) *recipe.Stage {
	return &recipe.Stage{Position: at, Name: name, Verb: &deltaKind.Verb, Params: recipe.NewParams(&deltaKind.Verb, at)}
}

// OnDeltas is a stage in factors as it is on deltas, where no scale stands beside the
// tensors that weights could go into.
func OnDeltas(s *recipe.Stage) *recipe.Stage {
	out := *s
	out.Params = s.Params.For(s.Verb, nil, []string{weightsOnParam.Name})
	return &out
}

// StepsError compares s·B·A of one adapter with what the same steps make of deltas.
func StepsError(module string, outType, meantType Type, out, meant Value) Deviation {
	d := Deviation{Kind: Steps, Adapter: out[0].Adapter, Module: module}
	scale, scaleMeant := scaleOf(outType, module)[0], scaleOf(meantType, module)[0]
	row, rowMeant := make([]float64, out[0].A.Cols), make([]float64, out[0].A.Cols)
	for i := range out[0].B.Rows {
		out[0].deltaRow(row, i)
		meant[0].deltaRow(rowMeant, i)
		lost, norm := 0.0, 0.0
		for j := range row {
			wanted := float64(scaleMeant * rowMeant[j])
			difference := float64(scale*row[j]) - wanted
			lost += float64(difference * difference)
			norm += float64(wanted * wanted)
		}
		d.Lost, d.Norm = d.Lost+lost, d.Norm+norm
	}
	return d
}

// leading is the Gram matrix of the first n only.
func (g gram) leading(n int) gram {
	out := gram{n, make([]float64, n*n)}
	for i := range n {
		copy(out.at[i*n:(i+1)*n], g.at[i*g.n:i*g.n+n])
	}
	return out
}
