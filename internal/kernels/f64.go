package kernels

import (
	"encoding/binary"
	"math"
)

// DecodeF64 reads len(dst) float64 numbers from src, little endian, 8 bytes
// each, rounded to nearest, ties to even; what exceeds the range becomes ±Inf. A
// NaN keeps its sign and upper payload bits and becomes quiet (as VCVTPD2PS does).
func DecodeF64(dst []float32, src []byte) {
	mustMatch("DecodeF64", 8*len(dst), len(src))
	current.decodeF64(dst, src)
}

// EncodeF64 writes src to dst as float64, little endian, 8 bytes each. The
// result is exact. A NaN keeps its sign and payload, in the upper payload bits,
// and becomes quiet (as VCVTPS2PD does).
func EncodeF64(dst []byte, src []float32) {
	mustMatch("EncodeF64", len(dst), 8*len(src))
	current.encodeF64(dst, src)
}

func decodeF64(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = fromF64(binary.LittleEndian.Uint64(src[8*i:]))
	}
}

func encodeF64(dst []byte, src []float32) {
	for i, x := range src {
		binary.LittleEndian.PutUint64(dst[8*i:], toF64(x))
	}
}

// The language leaves the bits of a converted NaN open, hence the branches.

func fromF64(bits uint64) float32 {
	x := math.Float64frombits(bits)
	if x != x {
		const quiet = 0x7fc00000
		return math.Float32frombits(uint32(bits>>32)&0x80000000 | quiet | uint32(bits>>29)&0x7fffff)
	}
	return float32(x)
}

func toF64(x float32) uint64 {
	if x != x {
		const quiet = 0x7ff8 << 48
		bits := uint64(math.Float32bits(x))
		return bits&0x80000000<<32 | quiet | bits&0x7fffff<<29
	}
	return math.Float64bits(float64(x))
}
