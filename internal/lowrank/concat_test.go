package lowrank

import (
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"
)

func TestConcat(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		out, in := drawShape(t)
		n := rapid.IntRange(1, 5).Draw(t, "products")
		ws, ps := make([]float64, n), make([]Product, n)
		want, size, rank := mat.NewDense(out, in, nil), 0.0, 0
		for i := range n {
			ws[i] = rapid.Float64Range(-4, 4).Draw(t, "weight")
			ps[i] = drawProduct(t, "p", out, in)
			var term mat.Dense
			term.Scale(ws[i], productOf64(ps[i]))
			want.Add(want, &term)
			size += mat.Norm(dense64(ps[i].B), 2) * mat.Norm(dense64(ps[i].A), 2) * max(1, ws[i], -ws[i])
			rank += ps[i].Rank()
		}
		sum := Concat(ws, ps)
		if sum.Rank() != rank {
			t.Fatalf("the rank is %d, want %d", sum.Rank(), rank)
		}
		requireClose(t, "the error", difference(productOf64(sum), want), 0, 0x1p-23*size)
	})
}

// TestConcatIsExact has weights whose products with B need no rounding.
func TestConcatIsExact(t *testing.T) {
	p := Product{B: Matrix{2, 1, []float32{1, 2}}, A: Matrix{1, 2, []float32{3, 4}}}
	q := Product{B: Matrix{2, 2, []float32{1, 0, 0, 1}}, A: Matrix{2, 2, []float32{5, 6, 7, 8}}}
	got := Concat([]float64{2, -0.5}, []Product{p, q})
	want := Product{B: Matrix{2, 3, []float32{2, -0.5, 0, 4, 0, -0.5}}, A: Matrix{3, 2, []float32{3, 4, 5, 6, 7, 8}}}
	requireSame(t, got, want)
}
