package givens

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/loramerge/loramerge/internal/lowrank/gemm"
)

// TestSweeps compares sweeps over any number of rows and columns with rotations one by one,
// bit for bit.
func TestSweeps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows, columns := rapid.IntRange(2, 20).Draw(t, "rows"), rapid.IntRange(1, 150).Draw(t, "columns")
		rng := rand.New(rand.NewPCG(1, rapid.Uint64().Draw(t, "seed")))
		wide := gemm.New[float64](rows, columns+3) // whose last columns must stay
		for i := range wide.Data {
			wide.Data[i] = rng.NormFloat64()
		}
		want := gemm.Of(rows, columns+3, slices.Clone(wide.Data))
		var q Sweeps
		for range rapid.IntRange(0, 5).Draw(t, "sweeps") {
			from := rng.IntN(rows)
			to := from + rng.IntN(rows-from)
			q.Begin(from)
			for i := from; i < to; i++ {
				sin, cos := math.Sincos(rng.NormFloat64())
				q.Add(cos, sin)
				for j := range columns {
					x, y := want.Row(i)[j], want.Row(i + 1)[j]
					want.Row(i)[j], want.Row(i + 1)[j] = float64(cos*x)+float64(sin*y), float64(cos*y)-float64(sin*x)
				}
			}
		}
		before, again := gemm.Of(rows, columns+3, slices.Clone(wide.Data)), q
		again.sweeps, again.c, again.s = slices.Clone(q.sweeps), slices.Clone(q.c), slices.Clone(q.s)
		q.Apply(wide.Part(0, rows, 0, columns))
		if !slices.Equal(wide.Data, want.Data) {
			t.Fatal("sweeps are not their rotations in turn")
		}
		if q.Len() != 0 {
			t.Fatal("rotations that have been applied are still there")
		}
		again.Undo(wide.Part(0, rows, 0, columns))
		for i, x := range wide.Data {
			if math.Abs(x-before.Data[i]) > 1e-14 {
				t.Fatalf("undone, element %d is %v instead of %v", i, x, before.Data[i])
			}
		}
	})
}

// TestRotate: c² + s² = 1, and the rotation brings (x, y) to (r, 0).
func TestRotate(t *testing.T) {
	for _, x := range []float64{0, 1, -2, 1e-120, 1e120} {
		for _, y := range []float64{0, 3, -0.5, 1e-120, 1e120} {
			c, s, r := Rotate(x, y)
			if math.Abs(c*c+s*s-1) > 1e-15 || math.Abs(c*x+s*y-r) > 1e-15*math.Abs(r) || math.Abs(c*y-s*x) > 1e-15*math.Hypot(x, y) {
				t.Errorf("(%g, %g) → c %g, s %g, r %g", x, y, c, s, r)
			}
		}
	}
}

func BenchmarkSweeps(b *testing.B) {
	m := gemm.New[float64](128, 128)
	for i := range m.Data {
		m.Data[i] = float64(i%7) - 3
	}
	for b.Loop() {
		var q Sweeps
		for range 32 {
			q.Begin(0)
			for range 127 {
				q.Add(0.8, 0.6)
			}
		}
		q.Apply(m)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/32/127, "ns/rotation")
}
