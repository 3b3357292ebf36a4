package search

import "math"

// The few lines of linear algebra that a search of some dimensions needs, in an order that is the
// same on every processor: products are rounded before they are added.

func square(n int) [][]float64 {
	out := make([][]float64, n)
	for i := range out {
		out[i] = make([]float64, n)
	}
	return out
}

// dot sums over the length of x.
func dot(x, y []float64) float64 {
	sum := 0.0
	for i := range x {
		sum += float64(x[i] * y[i])
	}
	return sum
}

// add is dst ← dst + a·x.
func add(dst []float64, a float64, x []float64) {
	for i := range dst {
		dst[i] += float64(a * x[i])
	}
}

// scale is dst ← a·dst.
func scale(dst []float64, a float64) {
	for i := range dst {
		dst[i] *= a
	}
}

// cholesky is the lower triangular L with L·Lᵀ = a, for a positive definite a. A pivot that
// rounding has made too small is raised.
func cholesky(a [][]float64) [][]float64 {
	l := square(len(a))
	for i := range a {
		for j := range i {
			l[i][j] = (a[i][j] - dot(l[i][:j], l[j])) / l[j][j]
		}
		l[i][i] = math.Sqrt(max(1e-20, a[i][i]-dot(l[i][:i], l[i])))
	}
	return l
}

// solve gives x of l·x = b.
func solve(l [][]float64, b []float64) []float64 {
	x := make([]float64, len(b))
	for i := range b {
		x[i] = (b[i] - dot(l[i][:i], x)) / l[i][i]
	}
	return x
}
