package kernels

import "math"

// The 31 bits of a magnitude are 15 coarse ones and 16 fine ones.
const (
	coarseBins = 1 << 15
	fineBins   = 1 << 16
)

// A histogram counts magnitudes by their coarse bits. Neighbours in memory go to
// different counters, so that a run of equal values does not wait on one; with more
// than two, those in use would no longer fit the nearest cache.
type histogram [2][coarseBins]uint64

func (h *histogram) count(x []float32) {
	for len(x) >= 4 {
		h[0][math.Float32bits(x[0])>>16%coarseBins]++
		h[1][math.Float32bits(x[1])>>16%coarseBins]++
		h[0][math.Float32bits(x[2])>>16%coarseBins]++
		h[1][math.Float32bits(x[3])>>16%coarseBins]++
		x = x[4:]
	}
	for _, v := range x {
		h[0][math.Float32bits(v)>>16%coarseBins]++
	}
}

// kth returns the bin of the k-th largest magnitude and its rank within the bin.
func (h *histogram) kth(k uint64) (bin uint32, rank uint64) {
	for bin := uint32(coarseBins - 1); ; bin-- {
		n := h[0][bin] + h[1][bin]
		if k <= n {
			return bin, k
		}
		k -= n
	}
}

// countBin counts by their fine bits those elements whose coarse bits are coarse.
func countBin(fine *[fineBins]uint64, x []float32, coarse uint32) {
	for _, v := range x {
		if bits := math.Float32bits(v); bits>>16%coarseBins == coarse {
			fine[bits%fineBins]++
		}
	}
}
