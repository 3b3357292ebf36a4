package lowrank

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"
)

// spectrum names a list of singular values for a matrix of least dimension n.
type spectrum struct {
	name  string
	value func(i, n int) float64
}

var spectra = []spectrum{
	{"equal", func(int, int) float64 { return 1 }},
	{"zero", func(int, int) float64 { return 0 }},
	{"steep", func(i, _ int) float64 { return math.Pow(0.5, float64(i)) }},
	{"cliff", func(i, _ int) float64 { return math.Pow(1e-3, float64(i)) }},
	{"slow", func(i, _ int) float64 { return 1 / math.Sqrt(float64(i+1)) }},
	{"harmonic", func(i, _ int) float64 { return 1 / float64(i+1) }},
	{"linear", func(i, n int) float64 { return 1 - float64(i)/float64(n) }},
	{"one above noise", func(i, _ int) float64 { return step(i, 1, 1000, 1) }},
	{"step at the rank", func(i, _ int) float64 { return step(i, 16, 1, 0.1) }},
	{"step past the rank", func(i, _ int) float64 { return step(i, 24, 1, 0.3) }},
	{"step past the block", func(i, _ int) float64 { return step(i, 50, 1, 0.8) }},
	{"hardly above noise", func(i, _ int) float64 { return step(i, 16, 1.3, 1) }},
	{"low rank", func(i, _ int) float64 { return step(i, 10, 1, 0) }},
	{"semicircle", func(i, n int) float64 { return math.Sqrt(1 - math.Pow(float64(i)/float64(n), 2.0/3)) }},
}

func step(i, at int, high, low float64) float64 {
	if i < at {
		return high
	}
	return low
}

// withSpectrum returns a [rows, cols] matrix of random singular vectors and
// about the given singular values.
func withSpectrum(rng *rand.Rand, rows, cols int, s spectrum) Matrix {
	n := min(rows, cols)
	u, v := orthonormal(rng, rows, n), orthonormal(rng, cols, n)
	for i := range rows {
		for j := range n {
			u.Set(i, j, u.At(i, j)*s.value(j, n))
		}
	}
	var w mat.Dense
	w.Mul(u, v.T())
	m := NewMatrix(rows, cols)
	for i, x := range w.RawMatrix().Data {
		m.Data[i] = float32(x)
	}
	return m
}

func orthonormal(rng *rand.Rand, rows, cols int) *mat.Dense {
	x := mat.NewDense(rows, cols, nil)
	for i := range rows {
		for j := range cols {
			x.Set(i, j, rng.NormFloat64())
		}
	}
	var qr mat.QR
	qr.Factorize(x)
	var q mat.Dense
	qr.QTo(&q)
	return mat.DenseCopyOf(q.Slice(0, rows, 0, cols))
}

func singularValues(t rapid.TB, w mat.Matrix) []float64 {
	t.Helper()
	var svd mat.SVD
	if !svd.Factorize(w, mat.SVDNone) {
		t.Fatal("gonum's SVD did not converge")
	}
	return svd.Values(nil)
}
