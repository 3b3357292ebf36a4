package kernels

import "math"

// Combine sets dst = Σ wᵢ·xᵢ, added in the order given. It starts from the first
// product rather than from 0, so one input of weight 1 gives back its bits, −0
// included. dst may be any of xs.
func Combine(dst []float32, xs [][]float32, ws []float32) {
	mustAlign("Combine", len(dst), xs, ws)
	current.combine(dst, xs, ws)
}

func combine(dst []float32, xs [][]float32, ws []float32) {
	var block [256]float32
	for start := 0; start < len(dst); start += len(block) {
		end := min(start+len(block), len(dst))
		total := block[:end-start]
		fillNeutral(total)
		for i, x := range xs {
			addScaled(total, x[start:end], ws[i])
		}
		copy(dst[start:end], total)
	}
}

// fillNeutral sets x to −0, to which every number can be added without a change,
// −0 included.
func fillNeutral(x []float32) {
	neutral := math.Float32frombits(signBit)
	for i := range x {
		x[i] = neutral
	}
}
