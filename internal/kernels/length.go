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

// blockLength is how many elements of each input are carried through a chain of
// kernels at a time: enough to hide the calls, few enough for the cache.
const blockLength = 1024

// window sets block[i] to xs[i][start:end].
func window(block, xs [][]float32, start, end int) {
	for i, x := range xs {
		block[i] = x[start:end]
	}
}
