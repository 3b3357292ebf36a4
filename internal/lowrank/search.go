package lowrank

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/loramerge/loramerge/internal/lowrank/gemm"
)

// search finds the leading rank singular values and right vectors of X, and stops only
// when they are certain to hold all but little of the energy E* = Σ_{i≤rank} σᵢ² that
// any rank vectors can hold.
//
// Let V [n, l] be orthonormal, and H = Xᵀ·X. In the basis of V and its
// orthogonal complement
//
//	H = [ Θ  Rᵀ ] = [ Θ  0 ] + [ 0  Rᵀ ],  Θ = Vᵀ·H·V,  ‖R‖ = ‖H·V − V·Θ‖.
//	    [ R  C  ]   [ 0  C ]   [ R  0  ]
//
// By Ky Fan (1949) the sum of the rank largest eigenvalues of a sum is at most the sum
// of both summands' own, and the eigenvalues of the last one are ±σᵢ(R). So if none of C is
// above μ, and θ₁ ≥ θ₂ ≥ … are the eigenvalues of Θ, 0 after the last,
//
//	E* ≤ Σ_{i≤rank} max(θᵢ, μ) + √rank·‖R‖.
//
// R says how far V is from an invariant subspace, and nothing of what lies outside
// it: a large value whose vector the start happens to miss leaves no trace in R.
// That is what μ is for, which outside bounds by probes that are independent of V.
type search struct {
	h    squared
	norm float64 // ‖X‖
	rank int
	rng  *rand.Rand
	wide bool // whether products are float64

	products int // H times how many vectors has been computed
}

// found is a decomposition's right side: Vᵀ [rank, n] and Yᵀ = (X·V)ᵀ [rank, m].
type found struct {
	vt, yt gemm.Matrix[float64]
}

// mostRoundoffs is the error of H·v in roundoffs of the largest eigenvalue.
const mostRoundoffs = 8

// mostProducts bounds the vectors that H is multiplied by in a search, for each of H's
// columns: more than ten times what spectra take that are made to be hard.
const mostProducts = 100

func newSearch(h squared, norm float64, rank int) *search {
	// The seed is a constant: the same matrix gives the same bytes.
	rng := rand.New(rand.NewChaCha8([32]byte([]byte("loramerge: block Krylov, v. 2...."))))
	return &search{h: h, norm: norm * h.scale, rank: rank, rng: rng}
}

// run searches until it is proven that the end is reached, in rounds that each begin
// with what the probes of the one before have found to be missing. It takes no more memory
// the longer it takes, and fails with ErrNoConvergence after mostProducts.
func (s *search) run(ctx context.Context, block int) (found, error) {
	start := s.random(block)
	if s.norm == 0 {
		vt, _ := basisOf(start, s.h.workers)
		m, n := s.h.shape()
		return found{vt.Part(0, s.rank, 0, n), gemm.New[float64](s.rank, m)}, nil
	}
	for round := 0; ; round++ {
		c, err := s.iterate(ctx, start, round == 0)
		if err != nil {
			return found{}, err
		}
		result, missed, err := s.examine(ctx, c, round)
		if err != nil || missed.Rows == 0 {
			return result, err
		}
		start = stacked(c.vt.Part(0, block, 0, c.vt.Cols), missed)
	}
}

// times is H·V, counted.
func (s *search) times(ctx context.Context, vt gemm.Matrix[float64]) (gemm.Matrix[float64], error) {
	_, n := s.h.shape()
	if s.products += vt.Rows; s.products > mostProducts*n {
		return gemm.Matrix[float64]{}, ErrNoConvergence
	}
	return s.h.times(ctx, vt, s.wide)
}

// random returns standard normal vectors as rows.
func (s *search) random(count int) gemm.Matrix[float64] {
	_, n := s.h.shape()
	x := gemm.New[float64](count, n)
	for i := range x.Data {
		x.Data[i] = s.rng.NormFloat64()
	}
	return x
}

func stacked(x, y gemm.Matrix[float64]) gemm.Matrix[float64] {
	z := gemm.New[float64](x.Rows+y.Rows, x.Cols)
	setScaled(z.Part(0, x.Rows, 0, x.Cols), x, 1)
	setScaled(z.Part(x.Rows, z.Rows, 0, x.Cols), y, 1)
	return z
}

// candidate is a block of Ritz vectors, Vᵀ, and what is to be shown of them.
type candidate struct {
	vt    gemm.Matrix[float64]
	count int     // the first of them, which are looked outside of
	bound float64 // what a value outside them may be
	next  float64 // what the largest one seems to be
	slack float64 // of the energy allowed, what the residual takes
	steps int     // that the probes seem to need

	proven bool // whether nothing needs to be shown any more
}

// iterate extends a Krylov space until its leading Ritz vectors seem to do.
func (s *search) iterate(ctx context.Context, start gemm.Matrix[float64], random bool) (candidate, error) {
	block := start.Rows
	k := newKrylov(s, start)
	if !random {
		k.weights = gemm.Matrix[float64]{}
	}
	for done := 1; ; done++ {
		if err := k.extend(ctx); err != nil {
			return candidate{}, err
		}
		if k.count < 3*block {
			continue
		}
		proven, more, err := s.startProves(k)
		if err != nil {
			return candidate{}, err
		}
		if !proven && !k.full() && (more || done%4 != 0) {
			continue
		}
		pairs, err := k.ritz()
		if err != nil {
			return candidate{}, err
		}
		allowed := s.allowed(floats.Sum(pairs.values[:s.rank]))
		c := s.candidate(pairs, allowed, block)
		switch {
		case proven:
			return candidate{vt: k.lift(pairs, block), proven: true}, nil
		case !s.wide && s.rounding(pairs.values[0], s.rank) > allowed/8:
			s.wide = true
			k = newKrylov(s, k.lift(pairs, block))
			k.weights = gemm.Matrix[float64]{}
		case 2*c.steps*probes <= 3*done*block: // the search has cost as much as they will
			c.vt = k.lift(pairs, block)
			return c, nil
		case k.full():
			k.restart(pairs)
		}
	}
}

// candidate chooses how many Ritz vectors to look outside of: the more, the less is
// there, but their residuals take up what is allowed. Even of none it can be shown, where
// all values are much alike, that no rank of them add up to much more than is held.
func (s *search) candidate(pairs ritz, allowed float64, block int) candidate {
	best := candidate{steps: math.MaxInt32}
	squares := 0.0
	for count := range block {
		if count > 0 {
			r := pairs.residuals[count-1]
			squares += r * r
		}
		slack := math.Sqrt(float64(s.rank)*squares) + s.rounding(pairs.values[0], count+1)
		if slack >= allowed {
			break
		}
		c := candidate{count: count, slack: slack, next: pairs.values[count] + pairs.residuals[count]/2}
		c.bound = highest(pairs.values[:s.rank], allowed-slack)
		if c.steps = s.stepsFrom(probes, c.bound, edge(c.next, c.bound)); c.steps <= best.steps {
			best = c
		}
	}
	return best
}

// allowed is the energy that may be missed when so much is held: the residual ρ,
// ρ² = ‖X‖² − E, is then at most 1.001 times its optimum, or within 1e-6·‖X‖ of it.
func (s *search) allowed(energy float64) float64 {
	residual := max(math.Sqrt(max(0, s.norm*s.norm-energy)), 1e-6*s.norm)
	least := min(residual/1.001, residual-1e-6*s.norm)
	return residual*residual - least*least
}

// rounding bounds √rank times the error of H·V for count vectors V, where an error of H·v
// is taken to be at most 8 roundoffs of θ₁: more than is seen of whatever matrix.
func (s *search) rounding(largest float64, count int) float64 {
	unit := 0x1p-24
	if s.wide {
		unit = 0x1p-53
	}
	return mostRoundoffs * unit * largest * math.Sqrt(float64(s.rank*count))
}

// examine computes what the first vectors hold, in float64, and looks for what is
// outside the candidate. If that is too much, it returns what was found, as rows.
func (s *search) examine(ctx context.Context, c candidate, round int) (result found, missed gemm.Matrix[float64], err error) {
	_, n := s.h.shape()
	result.vt = c.vt.Part(0, s.rank, 0, n)
	if result.yt, err = s.h.forward(ctx, result.vt); err != nil {
		return result, missed, err
	}
	if c.proven {
		return result, missed, nil
	}
	values := make([]float64, s.rank)
	for i := range values {
		values[i] = tail(result.yt.Row(i), 0)
	}
	slices.Sort(values)
	slices.Reverse(values)
	c.bound = highest(values, s.allowed(floats.Sum(values))-c.slack)
	missed, err = s.outside(ctx, c, values[0], round)
	return result, missed, err
}

func norm(m gemm.Matrix[float64]) float64 { return math.Sqrt(tail(m.Data, 0)) }
