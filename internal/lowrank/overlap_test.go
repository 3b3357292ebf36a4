package lowrank

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"
)

// TestOverlaps compares with bases from gonum's singular value decompositions, of products that
// are stacked and of ones that are too many for that; the inner products are Gram's.
func TestOverlaps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		out, in := drawShape(t)
		ps := make([]Product, rapid.IntRange(1, 14).Draw(t, "products"))
		for i := range ps {
			ps[i] = drawProduct(t, "p", out, in)
		}
		inners, got, err := GramAndOverlaps(context.Background(), ps)
		if err != nil {
			t.Fatal(err)
		}
		for at, want := range Gram(context.Background(), ps) {
			requireClose(t, "Gram", inners[at], want, 0)
		}
		n := len(ps)
		for i := range n {
			for j := range n {
				compareOverlap(t, "B", got.B[i*n+j], dense64(ps[i].B), dense64(ps[j].B))
				compareOverlap(t, "A", got.A[i*n+j], mat.DenseCopyOf(dense64(ps[i].A).T()), mat.DenseCopyOf(dense64(ps[j].A).T()))
			}
		}
	})
}

// compareOverlap compares with Σ cos²θ of the columns' spans. A Gram matrix squares the ratio of
// the singular values, and so the error of a basis.
func compareOverlap(t *rapid.T, name string, got float64, x, y *mat.Dense) {
	t.Helper()
	p, least := spanOf(x)
	q, other := spanOf(y)
	want := 0.0
	if p != nil && q != nil {
		var cross mat.Dense
		cross.Mul(p.T(), q)
		want = math.Pow(mat.Norm(&cross, 2), 2)
	}
	requireClose(t, name, got, want, 1e-12/math.Pow(min(least, other), 2))
}

// spanOf is an orthonormal basis of the columns of x, nil where they are zero, and its least
// singular value beside the largest.
func spanOf(x *mat.Dense) (*mat.Dense, float64) {
	var svd mat.SVD
	if !svd.Factorize(x, mat.SVDThin) {
		panic("no singular values")
	}
	s := svd.Values(nil)
	d := 0
	for d < len(s) && s[d] > math.Sqrt(leastGramRatio)*s[0] {
		d++
	}
	if d == 0 {
		return nil, 1
	}
	var u mat.Dense
	svd.UTo(&u)
	return mat.DenseCopyOf(u.Slice(0, u.RawMatrix().Rows, 0, d)), s[d-1] / s[0]
}

// TestOverlapsExtreme: of a product with itself, of one in other words, of orthogonal ones and of
// a part of another.
func TestOverlapsExtreme(t *testing.T) {
	unit := func(rows, cols int, at ...int) Matrix {
		m := NewMatrix(rows, cols)
		for k, i := range at {
			m.Data[i*cols+k] = float32(k + 1)
		}
		return m
	}
	a := NewMatrix(2, 3)
	copy(a.Data, []float32{1, 2, 3, 4, 5, 7})
	mixed := NewMatrix(2, 3)
	for j := range 3 {
		mixed.Data[j], mixed.Data[3+j] = a.Data[j]+a.Data[3+j], a.Data[j]-2*a.Data[3+j]
	}
	ps := []Product{{unit(5, 2, 0, 1), a}, {unit(5, 2, 2, 3), mixed}, {unit(5, 2, 1, 4), a}}
	_, got, err := GramAndOverlaps(context.Background(), ps)
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range []float64{2, 0, 1, 0, 2, 0, 1, 0, 2} {
		if math.Abs(got.B[at]-want) > 1e-12 || math.Abs(got.A[at]-2) > 1e-12 {
			t.Errorf("at %d the B's have %v, want %v; the A's, which span one subspace, %v of 2", at, got.B[at], want, got.A[at])
		}
	}
}

// TestOverlapsAtRandom: subspaces of dimensions r and k of d dimensions have r·k/d on average, and the variance
// 2·r(d−r)·k(d−k)/(d²(d−1)(d+2)), which holds four standard errors of a fixed sample.
func TestOverlapsAtRandom(t *testing.T) {
	const d, r, k, draws = 40, 4, 6, 400
	rng := rand.New(rand.NewPCG(5, 6))
	sum := 0.0
	for range draws {
		_, got, err := GramAndOverlaps(context.Background(), []Product{randomProduct(rng, d, r, 9), randomProduct(rng, d, k, 9)})
		if err != nil {
			t.Fatal(err)
		}
		sum += got.B[1]
	}
	variance := 2.0 * r * (d - r) * k * (d - k) / (d * d * (d - 1) * (d + 2))
	requireClose(t, "mean", sum/draws, r*k/float64(d), 4*math.Sqrt(variance/draws))
}

func TestOverlapsEnd(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := GramAndOverlaps(ctx, []Product{{NewMatrix(2, 1), NewMatrix(1, 2)}}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestOverlapsMany: of more products than are stacked for one multiplication, each pair has what it
// has by itself.
func TestOverlapsMany(t *testing.T) {
	const each = 80
	rng := rand.New(rand.NewPCG(7, 8))
	ps := make([]Product, stackedRank/each+1)
	for i := range ps {
		ps[i] = randomProduct(rng, 90, each, 100)
	}
	_, all, err := GramAndOverlaps(context.Background(), ps)
	if err != nil {
		t.Fatal(err)
	}
	last := len(ps) - 1
	_, two, err := GramAndOverlaps(context.Background(), []Product{ps[0], ps[last]})
	if err != nil {
		t.Fatal(err)
	}
	if all.B[last] != two.B[1] || all.A[last] != two.A[1] {
		t.Errorf("%v and %v among %d, %v and %v by themselves", all.B[last], all.A[last], len(ps), two.B[1], two.A[1])
	}
}
