package kernels

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// BenchmarkKthMagnitude compares the ways to the same magnitude.
func BenchmarkKthMagnitude(b *testing.B) {
	for _, n := range []int{1 << 10, worthSampling, 1 << 12, 1 << 14, 1 << 16, 1 << 18, 1 << 22} {
		x := normal(rand.New(rand.NewPCG(1, 2)), n)
		s := new(gathering)
		for name, kth := range map[string]func(){
			"digits": func() { s.kthOfAll(x, n/2) },
			"bins":   func() { kthByBins(x, n/2) },
			"sample": func() { low, high := s.bounds(x, n/2); s.kthBetween(x, low, high, n/2) },
		} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				b.SetBytes(int64(4 * n))
				for b.Loop() {
					kth()
				}
			})
		}
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
