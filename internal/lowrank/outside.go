package lowrank

import (
	"context"
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/loramerge/loramerge/internal/lowrank/gemm"
)

// probes is the number of random vectors that look for what a basis has missed: a
// panel of the kernel, in float32.
const probes = 16

// overlap is what random vectors have of any one direction. For a unit vector w and b
// standard normal vectors Ψ that are independent of it, ‖wᵀ·Ψ‖² is χ² of b degrees, so
//
//	P(‖wᵀ·Ψ‖² ≤ 2x) ≤ x^{b/2}/(b/2)!,
//
// which is 2e-10 for the start and in the first round, and half as much in each later one:
// less than 1e-9 for all of them together.
func overlap(b, round int) float64 {
	half := float64(b) / 2
	factorial, _ := math.Lgamma(half + 1)
	failure := math.Log(2e-10) - float64(round)*math.Ln2
	return math.Sqrt(2 * math.Exp((failure+factorial)/half))
}

// startProves reports whether the start block shows that no eigenvalue of H is so large
// that rank of them add up to more than is allowed beyond the Ritz values, or might do so
// after one or two blocks more. The start is a block of probes too, of all of H and not of
// what some basis has left: see outside. It needs no further product, and is enough where
// the values are much alike.
func (s *search) startProves(k *krylov) (proven, more bool, err error) {
	if k.weights.Rows == 0 {
		return false, false, nil
	}
	values, err := k.values()
	if err != nil {
		return false, false, err
	}
	block, q := k.next.Rows, k.count/k.next.Rows
	allowed := s.allowed(floats.Sum(values[:s.rank])) - s.rounding(values[0], s.rank)
	bound := highest(values[:s.rank], allowed)
	c := edge(values[0], bound)
	if steps := s.stepsFrom(block, bound, c); steps > q {
		return false, steps*block <= k.vt.Rows, nil
	}
	size, err := k.startNorm(c)
	return err == nil && proves(size, overlap(block, 0), q, c, bound), q*block < k.vt.Rows, err
}

// proves reports whether Y = T_q(2C/c − I)·Ψ of so many probes Ψ is so small that no
// eigenvalue of C is above bound: for the largest, λ > c, and its eigenvector w
//
//	‖Y‖₂ ≥ ‖wᵀ·Y‖ = T_q(2λ/c − 1)·‖wᵀ·Ψ‖ ≥ T_q(2λ/c − 1)·overlap.
func proves(size, overlap float64, q int, c, bound float64) bool {
	growth := max(1, size/overlap)
	return c*(1+math.Cosh(math.Acosh(growth)/float64(q)))/2 <= bound
}

// outside looks for eigenvalues of C = P·H·P, P = I − V·Vᵀ, above the candidate's bound,
// with random probes that are independent of V. It returns none if there are none. Else
// it returns what the probes have become, in which directions of large values have
// grown most.
func (s *search) outside(ctx context.Context, candidate candidate, largest float64, round int) (missed gemm.Matrix[float64], err error) {
	vt := candidate.vt.Part(0, candidate.count, 0, candidate.vt.Cols)
	c := edge(candidate.next, candidate.bound)
	s.wide = s.wide || c < 0x1p-12*largest
	y := s.random(probes)
	project(vt, y, s.h.workers)
	before := gemm.New[float64](probes, y.Cols)
	for q := 1; q <= candidate.steps+candidate.steps/2+4; q++ {
		z, err := s.times(ctx, y)
		if err != nil {
			return missed, err
		}
		project(vt, z, s.h.workers)
		chebyshev(z, y, before, q, c)
		before, y = y, z
		if norm(y) > hopeless {
			break
		}
		if q < candidate.steps {
			continue
		}
		size, err := spectral(y)
		if err != nil || proves(size, overlap(probes, round), q, c, candidate.bound) {
			return missed, err
		}
	}
	return y, nil
}

// hopeless is a size of Y that only a value far above the bound explains.
const hopeless = 1e12

// maxProbeSteps ends what would take too long to tell.
const maxProbeSteps = 400

// stepsFrom is how many steps of so many probes prove that values of up to c are below a
// bound: the norm of the probes is about √n + √b, and T_q leaves most of it.
func (s *search) stepsFrom(probes int, bound, c float64) int {
	_, n := s.h.shape()
	growth := math.Acosh((math.Sqrt(float64(n)) + math.Sqrt(float64(probes))) * math.Sqrt2 / 2 / overlap(probes, 0))
	steps := growth / math.Acosh(2*bound/c-1)
	return int(math.Ceil(min(steps, maxProbeSteps)))
}

// highest is the largest μ with Σ max(μ − θᵢ, 0) ≤ allowed, for values θ₁ ≥ θ₂ ≥ ….
func highest(values []float64, allowed float64) float64 {
	sum := allowed
	for i := len(values) - 1; i > 0; i-- {
		sum += values[i]
		if mu := sum / float64(len(values)-i); mu <= values[i-1] {
			return mu
		}
	}
	return (sum + values[0]) / float64(len(values))
}

// edge is where the interval ends on which the polynomial is small: beyond what is
// expected, but below the bound, and not by so much that it grows fast.
func edge(next, bound float64) float64 {
	return min(max(next, bound/4), bound*(1-0x1p-20))
}
