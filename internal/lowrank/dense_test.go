package lowrank

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestDense checks each element within the bound that Dense documents.
func TestDense(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		out, in := drawShape(t)
		p := drawProduct(t, "p", out, in)
		got := NewMatrix(out, in)
		for i := range got.Data {
			got.Data[i] = float32(math.NaN())
		}
		Dense(context.Background(), got, p, 2)
		requireDense(t, got, p)
	})
}

func requireDense(t rapid.TB, got Matrix, p Product) {
	t.Helper()
	for i := range got.Rows {
		for j := range got.Cols {
			var sum, size float64
			for k := range p.Rank() {
				x := float64(p.B.Row(i)[k]) * float64(p.A.Row(k)[j])
				sum += x
				size += math.Abs(x)
			}
			bound := float64(p.Rank()+2) * 0x1p-24 * size
			if diff := math.Abs(float64(got.Row(i)[j]) - sum); !(diff <= bound) {
				t.Fatalf("element (%d, %d) is %v, want %v", i, j, got.Row(i)[j], sum)
			}
		}
	}
}

// TestDenseOverflow multiplies numbers whose products leave float32: sums that
// come back are finite, the others infinite, none is NaN.
func TestDenseOverflow(t *testing.T) {
	big, inf := float32(3e38), float32(math.Inf(1))
	p := Product{
		B: Matrix{2, 2, []float32{big, -big, big, big}},
		A: Matrix{2, 3, []float32{10, 1, -10, 10, 0.5, -10}},
	}
	got := NewMatrix(2, 3)
	Dense(context.Background(), got, p, 1)
	if want := []float32{0, big / 2, 0, inf, inf, -inf}; !slices.Equal(got.Data, want) {
		t.Errorf("got %v, want %v", got.Data, want)
	}
}

// TestDenseDoesNotDependOnWorkers compares bits.
func TestDenseDoesNotDependOnWorkers(t *testing.T) {
	p := randomProduct(rand.New(rand.NewPCG(5, 6)), 601, 300, 407)
	one, more := NewMatrix(601, 407), NewMatrix(601, 407)
	Dense(context.Background(), one, p, 1)
	for _, workers := range []int{2, 3, 8} {
		Dense(context.Background(), more, p, workers)
		if !slices.Equal(one.Data, more.Data) {
			t.Errorf("%d workers give another product than 1", workers)
		}
	}
}
