package stages

import (
	"math"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/printable"
)

// Deviation is how far a stage's result at one module is from what is meant,
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
	// Steps: a merge of A and B separately that is not linear, compared with the same steps
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

// Warns reports whether a kind is no loss, but something that a run warns of.
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
			100*worst.Lost/worst.Norm, modules, worst.Module).Mend("`cut: 0.1` leaves them out").See("cancellation")
	case Growth:
		return fault.At(at, "the result is up to %.3g times as large as all the adapters together, at %s, the most at %q: their row spaces nearly meet there, and without a ridge the difference between them is blown up",
			math.Sqrt(worst.Lost/worst.Norm), modules, worst.Module).Mend("give it a ridge, such as `ridge: 0.1`").See("cancellation")
	}
	if worst.Lost == 0 {
		return fault.At(at, "the adapters cancel each other at %s, the most at %q, where their weighted sum is 0 but for rounding", modules, worst.Module).Mend(lookAtSigns).See("cancellation")
	}
	return fault.At(at, "the adapters cancel each other at %s, the most at %q: their weighted sum is %.2g of what it would be if they agreed, and what is left is mostly noise",
		modules, worst.Module, math.Sqrt(worst.Lost/worst.Norm)).Mend(lookAtSigns).See("cancellation")
}

const lookAtSigns = "look at the signs of the weights, and at the adapters with `loramerge diff`"
