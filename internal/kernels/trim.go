package kernels

import "math"

// Trim sets dst to x where |xᵢ| ≥ threshold and to +0 elsewhere (TIES,
// arXiv:2306.01708, algorithm 1, step 1). Equal magnitudes all stay. Magnitudes
// are compared by their bits, as in [KthMagnitude], so a NaN stays and shows. A
// threshold with its sign bit set keeps everything.
func Trim(dst, x []float32, threshold float32) {
	mustMatch("Trim", len(dst), len(x))
	current.trim(dst, x, leastMagnitude(threshold))
}

func leastMagnitude(threshold float32) uint32 {
	if bits := math.Float32bits(threshold); bits < signBit {
		return bits
	}
	return 0
}

func trim(dst, x []float32, least uint32) {
	dst = dst[:len(x)]
	for i, v := range x {
		dst[i] = trimmed(v, least)
	}
}

func trimmed(v float32, least uint32) float32 {
	bits := math.Float32bits(v)
	dropped := uint32(int32(bits&magnitudeBits-least) >> 31)
	return math.Float32frombits(bits &^ dropped)
}
