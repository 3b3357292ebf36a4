package stages

import (
	"context"
	"math"

	"github.com/loramerge/loramerge/internal/fault"
)

// Norms are those of adapters and of what was made of them, at one module or over several:
// the squares that `norm: mean-of-norms` is computed from. Each comes with the size of
// the terms that it is a sum of.
type Norms struct {
	Own      Squared   `json:"own"`      // ‖x‖²
	Sum      Squared   `json:"sum"`      // ‖Σ wᵢ·ΔWᵢ‖²
	Plain    []Squared `json:"plain"`    // ‖ΔWᵢ‖²
	Weighted []Squared `json:"weighted"` // ‖wᵢ·ΔWᵢ‖²
}

// Squared is the square of a norm, and of the sizes of its terms.
type Squared struct {
	Norm  float64 `json:"norm"`
	Terms float64 `json:"terms"`
}

// root is the norm, 0 where nothing but rounding is left of terms that cancel each other.
func (s Squared) root() float64 {
	norm := math.Sqrt(max(0, s.Norm))
	if norm <= cancelled*math.Sqrt(s.Terms) {
		return 0
	}
	return norm
}

func (s *Squared) add(t Squared) {
	s.Norm += t.Norm
	s.Terms += t.Terms
}

// normsOf measures adapters of the weights given at a module.
func normsOf(e effects, weights []float64) Norms {
	out := Norms{Sum: Squared{Norm: e.inner(weights, weights)}}
	terms := 0.0
	for i, w := range weights {
		plain := Squared{e.at[i*e.n+i], square(e.terms[i])}
		out.Plain = append(out.Plain, plain)
		out.Weighted = append(out.Weighted, Squared{w * w * plain.Norm, w * w * plain.Terms})
		terms += math.Abs(w) * e.terms[i]
	}
	out.Sum.Terms = square(terms)
	return out
}

// Add adds those of another module.
func (n *Norms) Add(m Norms) {
	if n.Plain == nil {
		n.Plain, n.Weighted = make([]Squared, len(m.Plain)), make([]Squared, len(m.Weighted))
	}
	n.Own.add(m.Own)
	n.Sum.add(m.Sum)
	for i := range m.Plain {
		n.Plain[i].add(m.Plain[i])
		n.Weighted[i].add(m.Weighted[i])
	}
}

// unityTolerance is how far from 1 a factor may be by the rounding of float32 alone: an adapter
// that is to have its own norm keeps every bit.
const unityTolerance = 0x1p-22

// mean is the weighted mean of the adapters' norms, Σaᵢ/Σ(aᵢ/nᵢ) with nᵢ = ‖ΔWᵢ‖ and
// aᵢ = ‖wᵢ·ΔWᵢ‖ over those whose aᵢ is not 0, and how many these are; 0 of none.
func (n Norms) mean() (mean, sum float64, count int) {
	shares := 0.0
	for i := range n.Plain {
		if a := n.Weighted[i].root(); a > 0 {
			sum += a
			shares += a / n.Plain[i].root()
			count++
		}
	}
	if count == 0 {
		return 0, 0, 0
	}
	return sum / shares, sum, count
}

// different is T = (Σaᵢ)²/‖Σwᵢ·ΔWᵢ‖², the number of adapters that differ: at least 1, and
// infinite where they cancel each other.
func (n Norms) different() float64 {
	_, sum, _ := n.mean()
	norm := n.Sum.root()
	if norm == 0 {
		return math.Inf(1)
	}
	return max(1, square(sum/norm))
}

// cancelling is how many times the number of the adapters T may be: beyond, what is left
// of them is a tenth of what unrelated ones would leave.
const cancelling = 10

// Cancel reports whether the adapters cancel each other.
func (n Norms) Cancel() bool {
	_, _, count := n.mean()
	return count > 0 && n.different() > cancelling*float64(count)
}

// Present is how many of the adapters are not 0.
func (n Norms) Present() int {
	_, _, count := n.mean()
	return count
}

// Cancellation is what to say at a place about adapters that cancel each other; nil of others.
func (n Norms) Cancellation(at fault.Position) *fault.Fault {
	if !n.Cancel() {
		return nil
	}
	_, _, count := n.mean()
	return cancelWarning(at, count, n.different(), n.Sum.root() == 0)
}

func cancelWarning(at fault.Position, count int, different float64, zero bool) *fault.Fault {
	if zero {
		return fault.At(at, "the %d adapters cancel each other: their weighted sum is 0 but for rounding, and so is the result", count).Mend(lookAtSigns).See("cancellation")
	}
	return fault.At(at, "the %d adapters cancel each other: their weighted sum is %.2g of what it would be if they agreed, and what is left is mostly noise", count, 1/math.Sqrt(different)).
		Mend(lookAtSigns).See("cancellation")
}

// size is the norm that x is to have: the mean of the norms, times what interference
// leaves of it.
func (n Norms) size(interference float64) float64 {
	mean, _, count := n.mean()
	if count == 0 {
		return 0
	}
	return mean * leftBy(interference, n.different())
}

// leftBy is min(1, √T/(1 + κ(T−1))).
func leftBy(interference, different float64) float64 {
	switch {
	case interference == 0:
		return 1
	case math.IsInf(different, 1):
		return 0
	}
	return min(1, math.Sqrt(different)/(1+interference*(different-1)))
}

// factor is what x is multiplied by. If there is no reference, or nothing to
// multiply, that is 1.
func (n Norms) factor(interference float64) (factor float64, different float64) {
	different = n.different()
	own := n.Own.root()
	if _, _, count := n.mean(); count == 0 || own == 0 {
		return 1, different
	}
	factor = n.size(interference) / own
	if math.Abs(factor-1) <= unityTolerance {
		factor = 1
	}
	return factor, different
}

// MeasureNorms measures at a module what adapters do, ΔW in whatever space, which are
// combined with the weights given, and what was made of them.
func MeasureNorms(ctx context.Context, module string, adapters Type, in Value, weights []float64, made Type, out Value) Norms {
	n := normsOf(effectsOf(ctx, adapters, module, in), weights)
	n.Own = ownOf(ctx, made, module, out)
	return n
}

func ownOf(ctx context.Context, made Type, module string, out Value) Squared {
	own := effectsOf(ctx, made, module, out)
	return Squared{own.at[0], square(own.terms[0])}
}

// Count is how many adapters were measured.
func (n Norms) Count() int { return len(n.Plain) }

// Made is the norm of what was made, ‖x‖.
func (n Norms) Made() float64 { return n.Own.root() }

// Of is ‖ΔWᵢ‖.
func (n Norms) Of(i int) float64 { return n.Plain[i].root() }

// ByInputs is the norm that `norm: inputs` gives, or 0 where all adapters are 0.
func (n Norms) ByInputs() float64 { return n.size(interference) }

// Mean is the weighted mean of the adapters' norms.
func (n Norms) Mean() float64 {
	mean, _, _ := n.mean()
	return mean
}
