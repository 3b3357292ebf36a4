package stages

import (
	"context"
	"slices"

	"github.com/loramerge/loramerge/internal/lowrank"
	"github.com/loramerge/loramerge/recipe"
)

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

// ToDeltas is a stage that turns adapters into their ΔW.
func ToDeltas(at recipe.Position, name string) *recipe.Stage {
	return &recipe.Stage{Position: at, Name: name, Verb: &deltaKind.Verb, Params: recipe.NewParams(&deltaKind.Verb, at)}
}

// OnDeltas is a stage in factors as it is on deltas, where no scale is kept beside the
// tensors that weights could go into.
func OnDeltas(s *recipe.Stage) *recipe.Stage {
	out := *s
	out.Params = s.Params.For(s.Verb, nil, []string{weightsOnParam.Name})
	return &out
}
