package lowrank

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"
)

// polarFactor is P·Qᵀ of the SVD P·S·Qᵀ, over the values above cut times the largest.
func polarFactor(x *mat.Dense, cut float64) *mat.Dense {
	var svd mat.SVD
	if !svd.Factorize(x, mat.SVDThin) {
		panic("no convergence")
	}
	var p, q, out mat.Dense
	svd.UTo(&p)
	svd.VTo(&q)
	n := 0
	for _, s := range svd.Values(nil) {
		if s > cut*svd.Values(nil)[0] {
			n++
		}
	}
	rows, _ := p.Dims()
	columns, _ := q.Dims()
	out.Mul(p.Slice(0, rows, 0, n), q.Slice(0, columns, 0, n).T())
	return &out
}

// stacksOf are U and V side by side over all ms of a rank, and the values.
func stacksOf(ms []Matrix, rank int) (us, vs *mat.Dense, values []float64) {
	us, vs = mat.NewDense(ms[0].Rows, rank*len(ms), nil), mat.NewDense(ms[0].Cols, rank*len(ms), nil)
	for t, m := range ms {
		var svd mat.SVD
		svd.Factorize(dense64(m), mat.SVDThin)
		var u, v mat.Dense
		svd.UTo(&u)
		svd.VTo(&v)
		us.Slice(0, m.Rows, rank*t, rank*(t+1)).(*mat.Dense).Copy(u.Slice(0, m.Rows, 0, rank))
		vs.Slice(0, m.Cols, rank*t, rank*(t+1)).(*mat.Dense).Copy(v.Slice(0, m.Cols, 0, rank))
		values = append(values, svd.Values(nil)[:rank]...)
	}
	return us, vs, values
}

func polarProduct(us, vs *mat.Dense, values []float64) *mat.Dense {
	var scaled, product mat.Dense
	scaled.Mul(us, mat.NewDiagDense(len(values), values))
	product.Mul(&scaled, vs.T())
	return &product
}

// TestTaskSingularVectors compares matrices of any shape, of low rank or full, with gonum's
// SVDs, at cuts for which Gram matrices serve and one for which they don't.
func TestTaskSingularVectors(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, q := rapid.IntRange(6, 40).Draw(t, "p"), rapid.IntRange(6, 40).Draw(t, "q")
		rank := rapid.IntRange(1, 3).Draw(t, "rank")
		if rapid.Bool().Draw(t, "full") {
			rank = min(p, q)
		}
		seed := rapid.Uint64().Draw(t, "seed")
		cut := rapid.SampledFrom([]float64{0.01, 0.002, 1e-4}).Draw(t, "cut")
		ms := twoCloseAndOne(seed, p, rank, q)
		us, vs, values := stacksOf(ms, rank)
		for of := range slices.Chunk(values, rank) {
			if of[rank-1] < 1e-5*of[0] {
				t.Skip("a triplet is all but null, where it is chance whether it counts")
			}
		}
		if tooClose(us, cut) || tooClose(vs, cut) {
			t.Skip("a value of a stack lies at the cut, where it is chance whether it counts")
		}
		requireTaskSingularVectors(t, ms, rank, cut)
	})
}

// TestWeakDirections: of two matrices that are nearly equal, most of the result comes from
// their difference.
func TestWeakDirections(t *testing.T) {
	for _, rank := range []int{1, 2, 3} {
		if share := requireTaskSingularVectors(t, twoCloseAndOne(7, 30, rank, 20), rank, 0.01); share < 0.05 {
			t.Errorf("rank %d: %g of the result comes from weak directions", rank, share)
		}
	}
}

// twoCloseAndOne are three products of a rank, the second close to the first.
func twoCloseAndOne(seed uint64, p, rank, q int) []Matrix {
	rng := rand.New(rand.NewPCG(1, seed))
	first, near, other := randomProduct(rng, p, rank, q), randomProduct(rng, p, rank, q), randomProduct(rng, p, rank, q)
	for _, f := range []struct{ near, first []float32 }{{near.A.Data, first.A.Data}, {near.B.Data, first.B.Data}} {
		for i, x := range f.first {
			f.near[i] = x + 0.05*f.near[i]
		}
	}
	ms := make([]Matrix, 3)
	for i, x := range []Product{first, near, other} {
		ms[i] = NewMatrix(p, q)
		Dense(context.Background(), ms[i], x, 1)
	}
	return ms
}

// requireTaskSingularVectors holds the result, its energy and what of this is weak against
// gonum's SVDs: what comes of weak directions is the difference between the whole and what the
// strong ones give. It gives the share of the energy that is weak.
func requireTaskSingularVectors(t rapid.TB, ms []Matrix, rank int, cut float64) float64 {
	t.Helper()
	us, vs, values := stacksOf(ms, rank)
	want := polarProduct(polarFactor(us, cut), polarFactor(vs, cut), values)
	strong := polarProduct(polarFactor(us, max(cut, weakDirection)), polarFactor(vs, max(cut, weakDirection)), values)

	got, energy, weak, err := TaskSingularVectors(context.Background(), ms, 1, cut)
	if err != nil {
		t.Fatal(err)
	}
	size := mat.Norm(want, 2)
	requireClose(t, "the distance", difference(dense64(got), want), 0, 1e-5*size/cut*0.01)
	requireClose(t, "the energy", energy, size*size, 1e-4*size*size)
	requireClose(t, "what is weak of it", weak, size*size-math.Pow(mat.Norm(strong, 2), 2), 1e-3*size*size)
	return weak / energy
}

func tooClose(x *mat.Dense, cut float64) bool {
	var svd mat.SVD
	svd.Factorize(x, mat.SVDNone)
	s := svd.Values(nil)
	for _, limit := range []float64{cut, weakDirection} {
		for _, v := range s {
			if math.Abs(v/s[0]/limit-1) < 0.05 {
				return true
			}
		}
	}
	return s[len(s)-1] < 1e-9*s[0] && cut < 1e-3 && s[len(s)-1] > 1e-14
}

// TestRegressGrows: at a ridge of 0, row spaces that nearly meet give far more than they
// hold, and growth says how much; disjoint ones give their sum.
func TestRegressGrows(t *testing.T) {
	pair := func(angle float64) []Matrix {
		a, b := NewMatrix(2, 2), NewMatrix(2, 2)
		a.Data[0] = 1 // e₀·e₀ᵀ, and e₁ times a vector at an angle to e₀
		b.Data[2], b.Data[3] = float32(math.Cos(angle)), float32(math.Sin(angle))
		return []Matrix{a, b}
	}
	for _, c := range []struct{ angle, least, most float64 }{{math.Pi / 2, 0.7071, 0.7072}, {0.01, 50, 150}} {
		merged, growth, err := Regress(t.Context(), pair(c.angle), 0, false)
		if err != nil {
			t.Fatal(err)
		}
		if got := mat.Norm(dense64(merged), 2) / 2; math.Abs(got-growth) > 1e-5*growth {
			t.Errorf("growth is %g, and ‖M‖ %g of the norms", growth, got)
		}
		if growth < c.least || growth > c.most {
			t.Errorf("at an angle of %g it grows by %g", c.angle, growth)
		}
	}
}

// TestRowSpace: of a product rounded to float32 the basis has its rank, and holds all but the
// rounding; a matrix of full rank has none.
func TestRowSpace(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	for _, rank := range []int{1, 5, 13} {
		w := NewMatrix(60, 40)
		Dense(t.Context(), w, randomProduct(rng, 60, rank, 40), 1)
		m := widened(w.view())
		vt, thin := rowSpace(m)
		if !thin || vt.Rows != rank {
			t.Fatalf("a basis of %d for rank %d", vt.Rows, rank)
		}
		rest := scaled(m, 1)
		project(vt, rest, 1)
		if left := norm(rest) / norm(m); left > 0x1p-23 {
			t.Errorf("rank %d: %g is left", rank, left)
		}
	}
	if _, thin := rowSpace(normal64(rng, 60, 40)); thin {
		t.Error("noise is thin")
	}
	if _, thin := rowSpace(normal64(rng, 1, 1)); thin {
		t.Error("a number is thin")
	}
}
