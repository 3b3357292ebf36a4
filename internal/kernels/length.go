package kernels

import "fmt"

func mustMatch(kernel string, want int, got ...int) {
	for _, n := range got {
		if n != want {
			panic(fmt.Sprintf("kernels: %s: lengths differ: %d and %d", kernel, want, n))
		}
	}
}

// mustAlign checks n ≥ 1 inputs of one length and, when there are any, one
// weight for each.
func mustAlign(kernel string, length int, xs [][]float32, weights ...[]float32) {
	if len(xs) == 0 {
		panic("kernels: " + kernel + ": no inputs")
	}
	for _, x := range xs {
		mustMatch(kernel, length, len(x))
	}
	for _, w := range weights {
		mustMatch(kernel, len(xs), len(w))
	}
}
