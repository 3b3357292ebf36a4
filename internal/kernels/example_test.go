package kernels_test

import (
	"fmt"
	"math"

	"github.com/loramerge/loramerge/internal/kernels"
)

func ExampleTies() {
	python := []float32{4, -3, 0.5, 2}
	sql := []float32{2, 1, 3, -2}
	merged := make([]float32, 4)
	kernels.Ties(merged, [][]float32{python, sql}, kernels.TiesRule{
		Thresholds: []float32{kernels.KthMagnitude(python, 3), kernels.KthMagnitude(sql, 3)},
		Votes:      []float32{1, 1},
		Weights:    []float32{1, 1},
		Over:       kernels.OverAgreeing,
	})
	fmt.Println(merged)
	// Output: [3 -3 3 0]
}

func ExampleTrim() {
	x := []float32{0.1, -4, 0.3, 2}
	kernels.Trim(x, x, kernels.KthMagnitude(x, 2))
	fmt.Println(x)
	// Output: [0 -4 0 2]
}

// The largest half of the magnitudes of two tensors together, as trimming a whole
// adapter asks for.
func ExampleMagnitudes() {
	tensors := [][]float32{{1, -8, 2}, {0.5, 4, -16}}
	var all kernels.Magnitudes
	for _, x := range tensors {
		all.Add(x)
	}
	bin := all.Select(all.Count() / 2)
	for _, x := range tensors {
		bin.Add(x)
	}
	threshold := bin.Kth()
	for _, x := range tensors {
		kernels.Trim(x, x, threshold)
	}
	fmt.Println(threshold, tensors)
	// Output: 4 [[0 -8 0] [0 4 -16]]
}

func ExampleMask() {
	x := []float32{1, 2, 3, 4}
	words := []uint32{0, math.MaxUint32, 1 << 30, 1 << 31}
	const density = 0.5
	kernels.Mask(x, x, words, density*(1<<32), 1/density)
	fmt.Println(x)
	// Output: [2 0 6 0]
}

func ExampleCombine() {
	merged := make([]float32, 2)
	kernels.Combine(merged, [][]float32{{1, 2}, {3, 4}}, []float32{0.75, 0.25})
	fmt.Println(merged)
	// Output: [1.5 2.5]
}

func ExampleDecodeBF16() {
	x := make([]float32, 2)
	kernels.DecodeBF16(x, []byte{0x80, 0x3f, 0x20, 0xc1})
	fmt.Println(x)
	// Output: [1 -10]
}

func ExampleSumSquares() {
	fmt.Println(math.Sqrt(kernels.SumSquares([]float32{3, -4})))
	// Output: 5
}

func ExampleChance() {
	words := make([]uint32, 1000)
	kernels.NewChance([32]byte{}).Fill(words)
	ones := make([]float32, len(words))
	for i := range ones {
		ones[i] = 1
	}
	kernels.Mask(ones, ones, words, 1<<31, 1)
	fmt.Println(kernels.SumAbs(ones), "of 1000 kept at density ½")
	// Output: 494 of 1000 kept at density ½
}
