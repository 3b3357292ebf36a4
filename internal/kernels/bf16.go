package kernels

import (
	"encoding/binary"
	"math"
)

// DecodeBF16 reads len(dst) bfloat16 numbers from src, little endian, 2 bytes
// each. A bfloat16 is the upper half of a float32, so the result is exact and a
// NaN keeps its bits, signalling or not.
func DecodeBF16(dst []float32, src []byte) {
	mustMatch("DecodeBF16", 2*len(dst), len(src))
	current.decodeBF16(dst, src)
}

// EncodeBF16 writes src to dst as bfloat16, little endian, 2 bytes each, rounded
// to nearest, ties to even; what exceeds the range becomes ±Inf. A NaN keeps its
// sign and upper payload bits and becomes quiet.
func EncodeBF16(dst []byte, src []float32) {
	mustMatch("EncodeBF16", len(dst), 2*len(src))
	current.encodeBF16(dst, src)
}

func decodeBF16(dst []float32, src []byte) {
	for len(dst) >= 4 && len(src) >= 8 {
		four := binary.LittleEndian.Uint64(src)
		dst[0] = math.Float32frombits(uint32(four) << 16)
		dst[1] = math.Float32frombits(uint32(four) &^ 0xffff)
		dst[2] = math.Float32frombits(uint32(four>>32) << 16)
		dst[3] = math.Float32frombits(uint32(four>>32) &^ 0xffff)
		dst, src = dst[4:], src[8:]
	}
	for i := range dst {
		dst[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(src[2*i:])) << 16)
	}
}

func encodeBF16(dst []byte, src []float32) {
	for len(src) >= 4 && len(dst) >= 8 {
		low := uint32(toBF16(src[0])) | uint32(toBF16(src[1]))<<16
		high := uint32(toBF16(src[2])) | uint32(toBF16(src[3]))<<16
		binary.LittleEndian.PutUint64(dst, uint64(low)|uint64(high)<<32)
		dst, src = dst[8:], src[4:]
	}
	for i, x := range src {
		binary.LittleEndian.PutUint16(dst[2*i:], toBF16(x))
	}
}

// toBF16 adds half a unit of the last place kept, less one bit when that place
// is even, and cuts: the carry does the rounding, up to infinity if need be.
func toBF16(x float32) uint16 {
	const quiet = 0x40
	bits := math.Float32bits(x)
	if x != x {
		return uint16(bits>>16) | quiet
	}
	return uint16((bits + 0x7fff + bits>>16&1) >> 16)
}
