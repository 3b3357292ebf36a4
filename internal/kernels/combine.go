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

// CombineWide sets dst = Σ wᵢ·xᵢ, added in float64 in the order given and rounded once: for
// sums of which much cancels. Otherwise as Combine, at about a quarter of its speed. dst may
// be any of xs.
func CombineWide(dst []float32, xs [][]float32, ws []float64) {
	mustAlign("CombineWide", len(dst), xs)
	mustMatch("CombineWide", len(xs), len(ws))
	var block [256]float64
	for start := 0; start < len(dst); start += len(block) {
		end := min(start+len(block), len(dst))
		total := block[:end-start]
		for j := range total {
			total[j] = math.Copysign(0, -1)
		}
		for i, x := range xs {
			for j, v := range x[start:end] {
				total[j] += float64(ws[i] * float64(v))
			}
		}
		for j, sum := range total {
			dst[start+j] = float32(sum)
		}
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
