package kernels

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

const (
	digitBits = 11
	digitBins = 1 << digitBits
)

// digitCounts lets neighbours go to different counters, as a histogram does.
type digitCounts [2][digitBins]uint32

// worthCounting is the number of magnitudes from which on counting is faster than sorting.
const worthCounting = 64

// kthOf returns the bits of the k-th largest of the first n magnitudes of m, which all
// lie from low to high. It looks at the highest 11 bits in which they may differ, and
// narrows them, in place, to those that share them with the one sought. Unlike quickselect
// it has no bad case. m must be longer than n by withinSlack.
func kthOf(m []float32, n int, low, high uint32, k int, counts *digitCounts) uint32 {
	for low < high && n >= worthCounting {
		shift := max(0, bits.Len32(high-low)-digitBits)
		counts.count(m[:n], low, shift)
		var digit uint32
		digit, k = counts.kth((high-low)>>shift, k)
		low += digit << shift
		high = min(high, low+(1<<shift-1))
		n, _ = current.within(m, m[:n], low, high)
	}
	if low == high {
		return low
	}
	slices.SortFunc(m[:n], func(x, y float32) int { return cmp.Compare(math.Float32bits(x), math.Float32bits(y)) })
	return math.Float32bits(m[n-k])
}

func (c *digitCounts) count(magnitudes []float32, low uint32, shift int) {
	*c = digitCounts{}
	for len(magnitudes) >= 2 {
		c[0][(math.Float32bits(magnitudes[0])-low)>>(shift&31)%digitBins]++
		c[1][(math.Float32bits(magnitudes[1])-low)>>(shift&31)%digitBins]++
		magnitudes = magnitudes[2:]
	}
	for _, m := range magnitudes {
		c[0][(math.Float32bits(m)-low)>>(shift&31)%digitBins]++
	}
}

// kth returns the digit of the k-th largest magnitude, which is at most most, and its
// rank among those that share it.
func (c *digitCounts) kth(most uint32, k int) (digit uint32, rank int) {
	for digit := most; ; digit-- {
		n := int(c[0][digit%digitBins] + c[1][digit%digitBins])
		if k <= n {
			return digit, k
		}
		k -= n
	}
}
