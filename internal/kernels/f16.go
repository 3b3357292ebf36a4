package kernels

import (
	"encoding/binary"
	"math"
	"sync"
)

// DecodeF16 reads len(dst) IEEE 754 binary16 numbers from src, little endian,
// 2 bytes each. The result is exact. A NaN keeps its sign and payload, in the
// upper payload bits, and becomes quiet (as VCVTPH2PS does).
func DecodeF16(dst []float32, src []byte) {
	mustMatch("DecodeF16", 2*len(dst), len(src))
	current.decodeF16(dst, src)
}

// EncodeF16 writes src to dst as IEEE 754 binary16, little endian, 2 bytes each,
// rounded to nearest, ties to even, with gradual underflow; what exceeds the
// range becomes ±Inf. A NaN keeps its sign and upper payload bits and becomes
// quiet (as VCVTPS2PH does).
func EncodeF16(dst []byte, src []float32) {
	mustMatch("EncodeF16", len(dst), 2*len(src))
	current.encodeF16(dst, src)
}

func decodeF16(dst []float32, src []byte) {
	values := halves()
	for len(dst) >= 4 && len(src) >= 8 {
		four := binary.LittleEndian.Uint64(src)
		dst[0] = values[uint16(four)]
		dst[1] = values[uint16(four>>16)]
		dst[2] = values[uint16(four>>32)]
		dst[3] = values[uint16(four>>48)]
		dst, src = dst[4:], src[8:]
	}
	for i := range dst {
		dst[i] = values[binary.LittleEndian.Uint16(src[2*i:])]
	}
}

// halves is what each half is as a float32. Looking it up takes half the time of
// computing it.
var halves = sync.OnceValue(func() *[1 << 16]float32 {
	values := new([1 << 16]float32)
	for h := range values {
		values[h] = fromF16(uint16(h))
	}
	return values
})

// encodeF16 rounds to a normal half by the carry of an addition. That is done here
// and not in a function because it would not be inlined.
func encodeF16(dst []byte, src []float32) {
	for _, x := range src {
		bits := math.Float32bits(x)
		magnitude := bits & magnitudeBits
		var half uint16
		if magnitude-smallestNormalHalf < beyondHalf-smallestNormalHalf {
			magnitude += 0xfff + magnitude>>halfShift&1 - halfBias
			half = uint16(bits>>16&0x8000 | magnitude>>halfShift)
		} else {
			half = toOddF16(bits)
		}
		binary.LittleEndian.PutUint16(dst, half)
		dst = dst[2:]
	}
}

const (
	halfShift    = 23 - 10          // float32 has 13 more fraction bits
	halfBias     = (127 - 15) << 23 // what a half's exponent lacks to be a float32's
	halfInfinity = 0x7c00
	halfQuiet    = 0x0200

	smallestNormalHalf = halfBias + 1<<23 // 2⁻¹⁴ as a float32
	beyondHalf         = 0x477ff000       // 65520, half way beyond the largest half
)

// fromF16 moves exponent and fraction to their places. The fraction f of a
// subnormal half means f·2⁻²⁴, which is (2⁻¹⁴ + f·2⁻²⁴) − 2⁻¹⁴, both exact.
func fromF16(h uint16) float32 {
	sign := uint32(h&0x8000) << 16
	bits := uint32(h&0x7fff) << halfShift
	switch h & halfInfinity {
	case 0:
		x := math.Float32frombits(bits+smallestNormalHalf) - 0x1p-14
		return math.Float32frombits(math.Float32bits(x) | sign)
	case halfInfinity:
		bits += 2 * halfBias
		if h&0x3ff != 0 {
			bits |= halfQuiet << halfShift
		}
		return math.Float32frombits(bits | sign)
	}
	return math.Float32frombits(bits + halfBias | sign)
}

// toOddF16 makes halves that are subnormal, infinite or NaN. A subnormal one is
// rounded by the processor: next to ½ the last place of a float32 is 2⁻²⁴, the
// unit of subnormal halves.
func toOddF16(bits uint32) uint16 {
	sign := uint16(bits >> 16 & 0x8000)
	magnitude := bits & magnitudeBits
	switch {
	case magnitude > infinityBits:
		return sign | halfInfinity | halfQuiet | uint16(magnitude>>halfShift&0x3ff)
	case magnitude >= beyondHalf:
		return sign | halfInfinity
	}
	rounded := math.Float32frombits(magnitude) + 0.5
	return sign | uint16(math.Float32bits(rounded)-math.Float32bits(0.5))
}
