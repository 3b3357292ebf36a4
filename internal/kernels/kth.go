package kernels

import (
	"encoding/binary"
	"math"
	"slices"
	"sync"
)

// Below these lengths clearing and reading the bins of a histogram costs more
// than the counting.
const (
	worthBinning   = 1 << 12
	worthBinning16 = 1 << 12
)

// KthMagnitude returns the k-th largest |x|, exactly, the threshold of [Trim]
// that keeps k elements (and those equal to the last). Magnitudes are compared
// by their bits: a NaN exceeds everything. It panics unless 1 ≤ k ≤ len(x).
func KthMagnitude(x []float32, k int) float32 {
	mustRank("KthMagnitude", k, len(x))
	if len(x) < worthBinning {
		return math.Float32frombits(kthByDigits(magnitudesOf(x), k))
	}
	return kthByBins(x, k)
}

// KthMagnitude16 returns the bits, without sign, of the k-th largest magnitude of
// bfloat16 or binary16 numbers, little endian, 2 bytes each: both rank as their
// bits do. It panics when len(src) is odd, and unless 1 ≤ k ≤ len(src)/2.
func KthMagnitude16(src []byte, k int) uint16 {
	mustMatch("KthMagnitude16", len(src), len(src)/2*2)
	mustRank("KthMagnitude16", k, len(src)/2)
	if len(src)/2 < worthBinning16 {
		return uint16(kthByDigits(magnitudesOf16(src), k) >> 16)
	}
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	s.bins = histogram[uint32]{}
	s.bins.count16(src)
	bin, _ := s.bins.kth(uint64(k))
	return uint16(bin)
}

// kthByBins counts coarsely, then looks only at the magnitudes in the bin that holds
// the one sought: few of them, but for numbers that are nearly all equal.
func kthByBins(x []float32, k int) float32 {
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	s.bins = histogram[uint32]{}
	s.bins.count(x)
	coarse, rank := s.bins.kth(uint64(k))
	s.members = slices.Grow(s.members[:0], int(s.bins[0][coarse])+int(s.bins[1][coarse]))
	members := s.members[:cap(s.members)]
	n := current.collect(members, x, coarse)
	return math.Float32frombits(kthByDigits(members[:n], int(rank)))
}

// scratch is kept between calls: to make its bins anew would cost as much as the
// counting, for the tensors of an adapter.
type scratch struct {
	bins    histogram[uint32]
	members []uint32
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

const digitBins = 1 << 11

// kthByDigits looks at 11 bits, then 10, then 10, and each time narrows the
// magnitudes, in place, to those that share them with the one sought. Unlike
// quickselect it has no bad case.
func kthByDigits(magnitudes []uint32, k int) uint32 {
	for _, shift := range []int{20, 10, 0} {
		bins := digitCounts(magnitudes, shift)
		digit := uint32(digitBins - 1)
		for ; k > int(bins[digit]); digit-- {
			k -= int(bins[digit])
		}
		magnitudes = withDigit(magnitudes, shift, digit)
	}
	return magnitudes[0]
}

// digitCounts lets neighbours go to different counters, as a histogram does.
func digitCounts(magnitudes []uint32, shift int) *[digitBins]uint32 {
	var even, odd [digitBins]uint32
	for len(magnitudes) >= 2 {
		even[magnitudes[0]>>(shift&31)%digitBins]++
		odd[magnitudes[1]>>(shift&31)%digitBins]++
		magnitudes = magnitudes[2:]
	}
	for _, m := range magnitudes {
		even[m>>(shift&31)%digitBins]++
	}
	for i, n := range odd {
		even[i] += n
	}
	return &even
}

// withDigit writes every magnitude and steps on from those with the digit only: a
// branch would be mispredicted.
func withDigit(magnitudes []uint32, shift int, digit uint32) []uint32 {
	n := 0
	for _, m := range magnitudes {
		magnitudes[n] = m
		differs := m>>(shift&31)%digitBins ^ digit
		n += int((uint64(differs) - 1) >> 63)
	}
	return magnitudes[:n]
}

func magnitudesOf(x []float32) []uint32 {
	m := make([]uint32, len(x))
	for i, v := range x {
		m[i] = math.Float32bits(v) & magnitudeBits
	}
	return m
}

// magnitudesOf16 puts the bits where a float32 has its upper ones, so that they
// have the same digits.
func magnitudesOf16(src []byte) []uint32 {
	m := make([]uint32, len(src)/2)
	for i := range m {
		m[i] = uint32(binary.LittleEndian.Uint16(src[2*i:])) << 16 & magnitudeBits
	}
	return m
}
