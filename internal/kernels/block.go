package kernels

// blockLength is how many elements of each input are carried through a chain of
// kernels at a time: enough to hide the calls, few enough for the cache.
const blockLength = 1024

// window sets block[i] to xs[i][start:end].
func window(block, xs [][]float32, start, end int) {
	for i, x := range xs {
		block[i] = x[start:end]
	}
}
