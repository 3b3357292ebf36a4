package kernels

import (
	"encoding/binary"
	"math"
)

// DecodeF32 reads len(dst) float32 numbers from src, little endian, 4 bytes
// each, with the same bits.
func DecodeF32(dst []float32, src []byte) {
	mustMatch("DecodeF32", 4*len(dst), len(src))
	current.decodeF32(dst, src)
}

// EncodeF32 writes src to dst, little endian, 4 bytes each, with the same bits.
func EncodeF32(dst []byte, src []float32) {
	mustMatch("EncodeF32", len(dst), 4*len(src))
	current.encodeF32(dst, src)
}

func decodeF32(dst []float32, src []byte) {
	for len(dst) >= 2 && len(src) >= 8 {
		two := binary.LittleEndian.Uint64(src)
		dst[0] = math.Float32frombits(uint32(two))
		dst[1] = math.Float32frombits(uint32(two >> 32))
		dst, src = dst[2:], src[8:]
	}
	for i := range dst {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
	}
}

func encodeF32(dst []byte, src []float32) {
	for len(src) >= 2 && len(dst) >= 8 {
		two := uint64(math.Float32bits(src[0])) | uint64(math.Float32bits(src[1]))<<32
		binary.LittleEndian.PutUint64(dst, two)
		dst, src = dst[8:], src[2:]
	}
	for i, x := range src {
		binary.LittleEndian.PutUint32(dst[4*i:], math.Float32bits(x))
	}
}
