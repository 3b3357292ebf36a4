package gemm

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// BenchmarkMul measures the shapes that package lowrank multiplies: ΔW = B·A,
// the two products of the block method on a dense delta, and those inside QR.
func BenchmarkMul(b *testing.B) {
	b.Run("float32", benchmarkMul[float32])
	b.Run("float64", benchmarkMul[float64])
}

func benchmarkMul[T Float](b *testing.B) {
	for _, size := range [][3]int{{4096, 16, 4096}, {4096, 4096, 32}, {32, 4096, 4096}, {64, 14336, 64}, {64, 64, 14336}, {8, 8, 14336}, {1024, 1024, 1024}} {
		m, k, n := size[0], size[1], size[2]
		rng := rand.New(rand.NewPCG(1, 2))
		x, y, dst := randomMatrix[T](rng, m, k), randomMatrix[T](rng, k, n), New[T](m, n)
		for _, workers := range []int{1, 2} {
			b.Run(fmt.Sprintf("%dx%dx%d/workers=%d", m, k, n, workers), func(b *testing.B) {
				for b.Loop() {
					Mul(dst, x, y, workers)
				}
				flop := 2 * float64(m) * float64(k) * float64(n) * float64(b.N)
				b.ReportMetric(flop/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}
