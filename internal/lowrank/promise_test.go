package lowrank

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"gonum.org/v1/gonum/floats"

	"github.com/loramerge/loramerge/internal/lowrank/gemm"
)

// families are spectra of n values, drawn anew for every matrix.
var families = []struct {
	name string
	draw func(rng *rand.Rand, rank int) func(i, n int) float64
}{
	{"flat", func(rng *rand.Rand, _ int) func(i, n int) float64 {
		slope := rng.Float64() * 0.3
		return func(i, n int) float64 { return 1 - slope*float64(i)/float64(n) }
	}},
	{"stepped", func(rng *rand.Rand, rank int) func(i, n int) float64 {
		at, low := rank/2+rng.IntN(2*rank), math.Pow(10, -3*rng.Float64())
		return func(i, _ int) float64 { return step(i, at, 1, low) }
	}},
	{"nearly equal steps", func(rng *rand.Rand, rank int) func(i, n int) float64 {
		ratio := 1 + 0.1*rng.Float64()
		return func(i, _ int) float64 { return math.Pow(ratio, -float64(i/max(1, rank/4))) }
	}},
	{"geometric", func(rng *rand.Rand, _ int) func(i, n int) float64 {
		ratio := 1 - 0.3*rng.Float64()*rng.Float64()
		return func(i, _ int) float64 { return math.Pow(ratio, float64(i)) }
	}},
	{"power", func(rng *rand.Rand, _ int) func(i, n int) float64 {
		exponent := 0.1 + 2*rng.Float64()
		return func(i, _ int) float64 { return math.Pow(float64(i+1), -exponent) }
	}},
}

// TestEveryResidualIsWithinAThousandth holds the promise of DecomposeDense for random
// matrices of every family and rank, against the singular values that gonum finds.
func TestEveryResidualIsWithinAThousandth(t *testing.T) {
	count := 70
	if testing.Short() {
		count = 25
	}
	if *long {
		count = 1000
	}
	for seed := range count {
		rng := rand.New(rand.NewPCG(11, uint64(seed)))
		rank := []int{4, 8, 16, 24, 32, 48, 64}[seed%7]
		family := families[seed%len(families)]
		block, _ := blockFor(rank, math.MaxInt, math.MaxInt)
		rows, cols := 3*(block+probes)+rng.IntN(80), 3*(block+probes)+rng.IntN(80)
		t.Run(fmt.Sprintf("%d %s/%dx%d/rank=%d", seed, family.name, rows, cols, rank), func(t *testing.T) {
			t.Parallel()
			w := withSpectrum(rng, rows, cols, spectrum{value: family.draw(rng, rank)})
			requireNearOptimal(t, w, rank, singularValues(t, dense64(w)))
		})
	}
}

// TestWhatTheStartMisses has a matrix whose largest value belongs to a vector that the
// start knows nothing of. The residuals of the basis that grows from there are small
// long before that value shows: by them alone the search would end without it.
func TestWhatTheStartMisses(t *testing.T) {
	const n, rank, planted = 300, 8, 1.5
	block, whole := blockFor(rank, n, n)
	if whole {
		t.Fatal("the search is not used")
	}
	rng := rand.New(rand.NewPCG(12, 12))
	w := withSpectrum(rng, n, n, spectrum{value: func(i, _ int) float64 { return step(i, 2*rank, 1-float64(i)/32, .55-float64(i)/600) }})
	clear(w.Row(0))
	start, _ := basisOf(newSearch(squared{w: w}, 1, rank).random(block), 1)
	missed := gemm.New[float64](1, n)
	for i := range missed.Data {
		missed.Data[i] = rng.NormFloat64()
	}
	project(start, missed, 1)
	missed, _ = basisOf(missed, 1)
	for i := 1; i < n; i++ { // w·(I − v·vᵀ), and planted·e₀·vᵀ
		along := 0.0
		for j, x := range w.Row(i) {
			along += float64(x) * missed.Data[j]
		}
		for j := range n {
			w.Row(i)[j] -= float32(along * missed.Data[j])
		}
	}
	for j, v := range missed.Data {
		w.Row(0)[j] = float32(planted * v)
	}

	h := newSquared(w, frobenius(w, 1), 1)
	s := newSearch(h, frobenius(w, 1), rank)
	k := newKrylov(s, s.random(block))
	for range 4 {
		if err := k.extend(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	pairs, err := k.ritz()
	if err != nil {
		t.Fatal(err)
	}
	seen := math.Sqrt(pairs.values[0]) / h.scale
	if allowed := s.allowed(floats.Sum(pairs.values[:rank])); seen > 1.1 || math.Sqrt(rank*tail(pairs.residuals[:rank], 0)) > allowed {
		t.Errorf("the basis from the start holds a value of %v with residuals %v: it is not fooled", seen, pairs.residuals[:rank])
	}
	d, _, err := DecomposeDense(context.Background(), w, rank, 2)
	if err != nil || math.Abs(d.S[0]-planted) > 1e-3 {
		t.Errorf("the largest value is %v, not %v: %v", d.S[0], planted, err)
	}
	requireNearOptimal(t, w, rank, singularValues(t, dense64(w)))
	requireWithin(t, "a second round", DecomposeDenseBytes(n, n, rank, 2), func() error {
		_, _, err := DecomposeDense(context.Background(), w, rank, 2)
		return err
	})
}

// TestDecompositionsEndWithTheirContext: whichever way a matrix is decomposed, and however
// long it would take.
func TestDecompositionsEndWithTheirContext(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 13))
	w, p := randomMatrix(rng, 2000, 2000), randomProduct(rng, 1500, 1500, 1500)
	before := runtime.NumGoroutine()
	for name, decompose := range map[string]func(context.Context) error{
		"search":  func(ctx context.Context) error { _, _, err := DecomposeDense(ctx, w, 128, 1); return err },
		"whole":   func(ctx context.Context) error { _, _, err := DecomposeDense(ctx, w, 1900, 1); return err },
		"product": func(ctx context.Context) error { _, err := Decompose(ctx, p, 1); return err },
	} {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- decompose(ctx) }()
		time.Sleep(50 * time.Millisecond)
		cancel()
		select {
		case err := <-ended:
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v", name, err)
			}
		case <-time.After(2 * time.Second):
			t.Errorf("%s goes on", name)
		}
	}
	// Nor does any of them go on behind one's back.
	for began := time.Now(); runtime.NumGoroutine() > before; time.Sleep(10 * time.Millisecond) {
		if time.Since(began) > 30*time.Second {
			t.Fatal("what was abandoned still runs")
		}
	}
}
