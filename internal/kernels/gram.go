package kernels

// Gram returns the n×n inner products Σ xᵢ·yᵢ of xs, row by row, each with the bits of
// [Dot]. A block of every input stays in the cache while all pairs of them are at it.
func Gram(xs [][]float32) []float64 {
	n := len(xs)
	if n == 0 {
		return nil
	}
	mustAlign("Gram", len(xs[0]), xs)
	lane := make([][lanes]float64, n*n)
	for start := 0; start < len(xs[0]); start += blockLength {
		end := min(start+blockLength, len(xs[0]))
		for i := range n {
			for j := range i + 1 {
				current.dot(&lane[i*n+j], xs[i][start:end], xs[j][start:end])
			}
		}
	}
	out := make([]float64, n*n)
	for i := range n {
		for j := range i + 1 {
			out[i*n+j] = pairwise(lane[i*n+j])
			out[j*n+i] = out[i*n+j]
		}
	}
	return out
}
