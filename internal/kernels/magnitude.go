package kernels

import "math"

const (
	signBit       = 0x80000000
	magnitudeBits = 0x7fffffff
	infinityBits  = 0x7f800000
)

// MaxAbs returns the largest |xᵢ|, 0 for no elements. Magnitudes are compared
// by their bits, so a NaN exceeds everything and is returned with its payload.
func MaxAbs(x []float32) float32 {
	return math.Float32frombits(current.maxMagnitude(x))
}

// maxMagnitude relies on the order of IEEE 754: without their sign, numbers rank
// as their bits do.
func maxMagnitude(x []float32) uint32 {
	var a, b, c, d uint32
	for len(x) >= 4 {
		a = max(a, math.Float32bits(x[0])&magnitudeBits)
		b = max(b, math.Float32bits(x[1])&magnitudeBits)
		c = max(c, math.Float32bits(x[2])&magnitudeBits)
		d = max(d, math.Float32bits(x[3])&magnitudeBits)
		x = x[4:]
	}
	for _, v := range x {
		a = max(a, math.Float32bits(v)&magnitudeBits)
	}
	return max(a, b, c, d)
}
