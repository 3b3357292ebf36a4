package kernels

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// BenchmarkKthMagnitude shows where the histogram overtakes the digits.
func BenchmarkKthMagnitude(b *testing.B) {
	for _, n := range []int{1 << 12, 1 << 14, 1 << 15, 1 << 16, 1 << 17, 1 << 18, 1 << 22} {
		x := normal(rand.New(rand.NewPCG(1, 2)), n)
		b.Run(fmt.Sprintf("digits/%d", n), func(b *testing.B) {
			b.SetBytes(int64(4 * n))
			for b.Loop() {
				kthByDigits(magnitudesOf(x), n/2)
			}
		})
		b.Run(fmt.Sprintf("bins/%d", n), func(b *testing.B) {
			b.SetBytes(int64(4 * n))
			for b.Loop() {
				kthByBins(x, n/2)
			}
		})
	}
}

func BenchmarkKthMagnitude16(b *testing.B) {
	for _, n := range []int{1 << 12, 1 << 14, worthBinning16 - 1, worthBinning16, 1 << 17, 1 << 22} {
		src := make([]byte, 2*n)
		EncodeBF16(src, normal(rand.New(rand.NewPCG(1, 2)), n))
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.SetBytes(int64(2 * n))
			for b.Loop() {
				KthMagnitude16(src, n/2)
			}
		})
	}
}

func BenchmarkChance(b *testing.B) {
	words := make([]uint32, benchLength)
	chance := NewChance([32]byte{1})
	for _, c := range classes() {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(4 * benchLength)
			for b.Loop() {
				chance.fill(words, c.chance)
			}
		})
	}
}

// BenchmarkTies merges eight tensors of 4 Mi elements, which no cache holds.
func BenchmarkTies(b *testing.B) {
	const n = 1 << 22
	data := newBenchData()
	xs := make([][]float32, len(data.xs))
	for i, x := range data.xs {
		xs[i] = slices.Repeat(x, n/len(x))
	}
	dst := make([]float32, n)
	for _, c := range classes() {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(4 * n * (len(xs) + 1)))
			for b.Loop() {
				c.ties(dst, xs, data.rule)
			}
		})
	}
}
