package lowrank

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"gonum.org/v1/gonum/mat"
)

var long = flag.Bool("long", false, "what takes minutes: the benchmark of a full SVD of 4096×4096, and searches of many matrices")

// mistral holds the shapes [out, in] of the modules of one of Mistral-7B's 32
// layers: q, k, v, o, gate, up and down.
var mistral = [][2]int{{4096, 4096}, {1024, 4096}, {1024, 4096}, {4096, 4096}, {14336, 4096}, {14336, 4096}, {4096, 14336}}

// BenchmarkDecompose recompresses a sum of 8 adapters of rank 16 to rank 16, a
// layer of Mistral-7B a time.
func BenchmarkDecompose(b *testing.B) {
	var sums []Product
	for _, shape := range mistral {
		sums = append(sums, randomProduct(rand.New(rand.NewPCG(1, 2)), shape[0], 8*16, shape[1]))
	}
	workers := runtime.GOMAXPROCS(0)
	for b.Loop() {
		for _, p := range sums {
			d, err := Decompose(b.Context(), p, workers)
			if err != nil {
				b.Fatal(err)
			}
			d.Truncate(16)
		}
	}
}

// BenchmarkDecomposeRank shows how the cost grows with the rank of the sum.
func BenchmarkDecomposeRank(b *testing.B) {
	for _, rank := range []int{16, 64, 128, 256, 512} {
		p := randomProduct(rand.New(rand.NewPCG(1, 2)), 4096, rank, 4096)
		b.Run(fmt.Sprint(rank), func(b *testing.B) {
			for b.Loop() {
				if _, err := Decompose(b.Context(), p, 1); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkDecomposeLeading asks of the same for rank 16 alone.
func BenchmarkDecomposeLeading(b *testing.B) {
	for _, rank := range []int{128, 256, 512, 1024} {
		p := randomProduct(rand.New(rand.NewPCG(1, 2)), 4096, rank, 4096)
		b.Run(fmt.Sprint(rank), func(b *testing.B) {
			for b.Loop() {
				if _, _, err := DecomposeLeading(b.Context(), p, 16, 1); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkDecomposeDense brings noise, the hardest of spectra, to rank 16.
func BenchmarkDecomposeDense(b *testing.B) {
	for _, n := range []int{1024, 4096} {
		w := randomMatrix(rand.New(rand.NewPCG(1, 2)), n, n)
		b.Run(fmt.Sprintf("%d", n), func(b *testing.B) {
			for b.Loop() {
				if _, _, err := DecomposeDense(b.Context(), w, 16, runtime.GOMAXPROCS(0)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkFullSVD is what DecomposeDense is to be compared with.
func BenchmarkFullSVD(b *testing.B) {
	for _, n := range []int{1024, 4096} {
		if n > 1024 && !*long {
			continue
		}
		w := dense64(randomMatrix(rand.New(rand.NewPCG(1, 2)), n, n))
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				var svd mat.SVD
				svd.Factorize(w, mat.SVDThin)
			}
		})
	}
}

// BenchmarkDense makes deltas dense.
func BenchmarkDense(b *testing.B) {
	for _, shape := range [][3]int{{4096, 16, 4096}, {14336, 16, 4096}, {4096, 128, 4096}} {
		p := randomProduct(rand.New(rand.NewPCG(1, 2)), shape[0], shape[1], shape[2])
		dst := NewMatrix(shape[0], shape[2])
		b.Run(fmt.Sprintf("%dx%dx%d", shape[0], shape[1], shape[2]), func(b *testing.B) {
			b.SetBytes(4 * int64(len(dst.Data)))
			for b.Loop() {
				Dense(context.Background(), dst, p, runtime.GOMAXPROCS(0))
			}
		})
	}
}

// BenchmarkGram measures the 36 inner products of 8 adapters of rank 16.
func BenchmarkGram(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	ps := make([]Product, 8)
	for i := range ps {
		ps[i] = randomProduct(rng, 4096, 16, 4096)
	}
	for b.Loop() {
		Gram(context.Background(), ps)
	}
}
