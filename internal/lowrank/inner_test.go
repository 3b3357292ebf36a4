package lowrank

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"
)

// TestInner compares Inner, Norm, Cosine and Gram with the dense matrices.
func TestInner(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		out, in := drawShape(t)
		p, q := drawProduct(t, "p", out, in), drawProduct(t, "q", out, in)
		wp, wq := productOf64(p), productOf64(q)
		np := mat.Norm(wp, 2)
		sp, sq := sizeOf(p), sizeOf(q)
		inner := dot64(wp, wq)

		requireClose(t, "Inner", Inner(p, q), inner, 1e-13*sp*sq)
		requireClose(t, "Norm²", Norm(p)*Norm(p), np*np, 1e-13*sp*sp)
		requireClose(t, "Distance", Distance(p, q), difference(wp, wq), 1e-13*(sp+sq))
		g := Gram(context.Background(), []Product{p, q})
		if want := [4]float64{Inner(p, p), Inner(p, q), Inner(p, q), Inner(q, q)}; [4]float64(g) != want {
			t.Fatalf("Gram is %v, want %v", g, want)
		}
	})
}

// sizeOf is what rounding errors are relative to: larger than the norm where the
// components of a product cancel.
func sizeOf(p Product) float64 {
	return mat.Norm(dense64(p.B), 2) * mat.Norm(dense64(p.A), 2)
}

func requireClose(t rapid.TB, name string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Fatalf("%s is %.17g, want %.17g within %.2g", name, got, want, tolerance)
	}
}

// TestInnerExact has sums of more than one chunk that are exact in float64, so
// that no order of summation may show.
func TestInnerExact(t *testing.T) {
	const out, in = 1500, 3000
	p := Product{B: NewMatrix(out, 1), A: NewMatrix(1, in)}
	var b, a float64
	for i := range p.B.Data {
		p.B.Data[i] = float32(i)
		b += float64(i * i)
	}
	for j := range p.A.Data {
		p.A.Data[j] = float32(j % 7)
		a += float64((j % 7) * (j % 7))
	}
	if got := Inner(p, p); got != a*b {
		t.Errorf("Inner is %v, want %v", got, a*b)
	}
}

// TestDistanceOfNearEqual moves one element of B by 2⁻²⁰ of itself, which moves
// the product by that times a row of A.
func TestDistanceOfNearEqual(t *testing.T) {
	p := randomProduct(rand.New(rand.NewPCG(3, 4)), 300, 16, 200)
	q := Product{B: Matrix{Rows: 300, Cols: 16, Data: append([]float32(nil), p.B.Data...)}, A: p.A}
	q.B.Data[5] *= 1 + 0x1p-20
	moved := math.Abs(float64(q.B.Data[5]) - float64(p.B.Data[5]))
	want := moved * mat.Norm(mat.NewVecDense(200, dense64(p.A).RawRowView(5)), 2)
	requireClose(t, "Distance", Distance(p, q), want, 1e-6*want)
	if d := Distance(p, p); d > 1e-12*Norm(p) {
		t.Errorf("a product is %v away from itself", d)
	}
}

// TestGramIsInner: stacking the factors changes no bit.
func TestGramIsInner(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var ps []Product
		out, in := rapid.IntRange(1, 2100).Draw(t, "out"), rapid.IntRange(1, 40).Draw(t, "in")
		for i := range rapid.IntRange(1, 4).Draw(t, "n") {
			ps = append(ps, randomProduct(rand.New(rand.NewPCG(uint64(i), 7)), out, rapid.IntRange(1, 9).Draw(t, "rank"), in))
		}
		g := Gram(context.Background(), ps)
		for i := range ps {
			for j := i; j < len(ps); j++ {
				if want := Inner(ps[i], ps[j]); g[i*len(ps)+j] != want {
					t.Fatalf("element %d, %d is %v, Inner gives %v", i, j, g[i*len(ps)+j], want)
				}
			}
		}
	})
}
