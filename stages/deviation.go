package stages

import (
	"context"
	"math"
	"slices"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/lowrank"
	"github.com/loramerge/loramerge/internal/printable"
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
	Steps DeviationKind = "difference of steps"
	// Cancellation is no loss of the stage's own, but of adapters that cancel each other:
	// ‖Σwᵢ·ΔWᵢ‖² beside (Σ‖wᵢ·ΔWᵢ‖)², which it would be if they agreed.
	Cancellation DeviationKind = "cancellation"
	// WeakDirections is what of tsv's ‖result‖² comes from directions in which the adapters
	// nearly agree.
	WeakDirections DeviationKind = "weak directions"
	// Growth is (‖result‖/Σ‖Mₜ‖)² of regress without a ridge, beside 1.
	Growth DeviationKind = "growth"
)

// Warns tells of kinds that are no losses: a run warns of them.
func (k DeviationKind) Warns() bool {
	return k == Cancellation || k == WeakDirections || k == Growth
}

// Warn sums up what a stage reported at its modules, all of one kind that Warns.
func Warn(at fault.Position, kind DeviationKind, found []Deviation) *fault.Fault {
	worst := found[0]
	for _, d := range found {
		more := d.Lost*worst.Norm > worst.Lost*d.Norm
		if kind == Cancellation {
			more = d.Lost*worst.Norm < worst.Lost*d.Norm
		}
		if more {
			worst = d
		}
	}
	modules := printable.Count(len(found), "module")
	switch kind {
	case WeakDirections:
		return fault.At(at, "up to %.2g %% of the result's ‖ΔW‖² comes from directions in which adapters nearly agree, at %s, the most at %q: they are differences, at full strength",
			100*worst.Lost/worst.Norm, modules, worst.Module).Mend("`cut: 0.1` leaves them out")
	case Growth:
		return fault.At(at, "the result is up to %.3g times as large as all the adapters together, at %s, the most at %q: their row spaces nearly meet there, and without a ridge what tells them apart is blown up",
			math.Sqrt(worst.Lost/worst.Norm), modules, worst.Module).Mend("give it a ridge, such as `ridge: 0.1`")
	}
	if worst.Lost == 0 {
		return fault.At(at, "the adapters cancel each other at %s, the most at %q, where their weighted sum is 0 but for rounding", modules, worst.Module).Mend(lookAtSigns)
	}
	return fault.At(at, "the adapters cancel each other at %s, the most at %q: their weighted sum is %.2g of what it would be if they agreed, and what is left is mostly noise",
		modules, worst.Module, math.Sqrt(worst.Lost/worst.Norm)).Mend(lookAtSigns)
}

// Linear is a Combiner whose result in the space factors can be compared with the
// same linear combination of the deltas.
type Linear interface {
	Combiner
	// IsLinear reports whether, with these parameters, it is such a combination.
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
