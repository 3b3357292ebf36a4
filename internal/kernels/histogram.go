package kernels

import (
	"encoding/binary"
	"math"
)

// The 31 bits of a magnitude are 15 coarse ones, which are also the bits of the
// magnitude as bfloat16, and 16 fine ones.
const (
	coarseBins = 1 << 15
	fineBins   = 1 << 16
)

// A histogram counts magnitudes by their coarse bits. Neighbours in memory go to
// different counters, so that a run of equal values does not wait on one; with more
// than two, those in use would no longer fit the nearest cache. One tensor's counts
// fit 32 bits, those of many may not.
type histogram[N uint32 | uint64] [2][coarseBins]N

func (h *histogram[N]) count(x []float32) {
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

// count16 counts numbers of 2 bytes, little endian, whose sign is the upper bit.
func (h *histogram[N]) count16(src []byte) {
	for len(src) >= 8 {
		four := binary.LittleEndian.Uint64(src)
		h[0][four%coarseBins]++
		h[1][four>>16%coarseBins]++
		h[0][four>>32%coarseBins]++
		h[1][four>>48%coarseBins]++
		src = src[8:]
	}
	for ; len(src) >= 2; src = src[2:] {
		h[0][binary.LittleEndian.Uint16(src)%coarseBins]++
	}
}

// kth returns the bin of the k-th largest magnitude and its rank within the bin.
func (h *histogram[N]) kth(k uint64) (bin uint32, rank uint64) {
	for bin := uint32(coarseBins - 1); ; bin-- {
		n := uint64(h[0][bin]) + uint64(h[1][bin])
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

// collect writes to dst the magnitudes of those elements whose coarse bits are
// coarse, and returns their number, for which dst must have room.
func collect(dst []uint32, x []float32, coarse uint32) int {
	n := 0
	for _, v := range x {
		if bits := math.Float32bits(v); bits>>16%coarseBins == coarse {
			dst[n] = bits & magnitudeBits
			n++
		}
	}
	return n
}
