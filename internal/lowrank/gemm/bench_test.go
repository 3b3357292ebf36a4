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

func BenchmarkMulWide(b *testing.B) {
	for _, size := range [][3]int{{4096, 128, 16}, {4096, 512, 64}, {2048, 1600, 1600}} {
		m, k, n := size[0], size[1], size[2]
		rng := rand.New(rand.NewPCG(1, 2))
		x, y, dst := randomMatrix[float32](rng, m, k), randomMatrix[float64](rng, k, n), New[float64](m, n)
		b.Run(fmt.Sprintf("%dx%dx%d", m, k, n), func(b *testing.B) {
			for b.Loop() {
				MulWide(dst, x, y, 1)
			}
			flop := 2 * float64(m) * float64(k) * float64(n) * float64(b.N)
			b.ReportMetric(flop/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}

func BenchmarkAddGram(b *testing.B) {
	for _, size := range [][2]int{{128, 4096}, {1600, 2048}} {
		k, n := size[0], size[1]
		x, dst := randomMatrix[float32](rand.New(rand.NewPCG(1, 2)), k, n), New[float64](k, k)
		b.Run(fmt.Sprintf("%dx%d", k, n), func(b *testing.B) {
			for b.Loop() {
				AddGram(dst, x, 1)
			}
			flop := float64(k) * float64(k+1) * float64(n) * float64(b.N) // of one triangle
			b.ReportMetric(flop/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}
