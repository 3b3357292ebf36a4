package lowrank

import (
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/lapack"

	"github.com/loramerge/loramerge/internal/lowrank/gemm"
)

// eigen returns the eigenvalues of the symmetric matrix g [n, n] in falling order, and
// the eigenvectors as columns; false if the iteration does not converge.
func eigen(g gemm.Matrix[float64]) (values []float64, vectors gemm.Matrix[float64], ok bool) {
	n := g.Rows
	v := scaled(g, 1)
	rising := make([]float64, n)
	withWork(func(work []float64, size int) {
		ok = lapackImpl.Dsyev(lapack.EVCompute, blas.Upper, n, v.Data, n, rising, work, size)
	})
	vectors = gemm.New[float64](n, n)
	for i := range n {
		for j := range n {
			vectors.Row(i)[j] = v.Row(i)[n-1-j]
		}
	}
	slices.Reverse(rising)
	return rising, vectors, ok
}
