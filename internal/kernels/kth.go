package kernels

import (
	"math"
	"sync"
)

// KthMagnitude returns the k-th largest |x|, exactly, the threshold of [Trim]
// that keeps k elements (and those equal to the last). Magnitudes are compared
// by their bits: a NaN exceeds everything. It panics unless 1 ≤ k ≤ len(x).
//
// A sample shows between which two magnitudes the k-th almost surely lies;
// one pass counts those above and gathers those between, which settle it (Floyd and
// Rivest 1975, "Expected time bounds for selection"). Where the sample was wrong, or
// too much lies between, the magnitudes are counted by their bits: exact as well, in
// bounded memory, and slower.
func KthMagnitude(x []float32, k int) float32 {
	mustRank("KthMagnitude", k, len(x))
	s := gatherings.Get().(*gathering)
	defer gatherings.Put(s)
	if len(x) < worthSampling {
		return math.Float32frombits(s.kthOfAll(x, k))
	}
	low, high := s.bounds(x, k)
	if bits, ok := s.kthBetween(x, low, high, k); ok {
		return math.Float32frombits(bits)
	}
	return kthByBins(x, k)
}

func kthByBins(x []float32, k int) float32 {
	coarse := new(Magnitudes)
	coarse.Add(x)
	fine := coarse.Select(k)
	fine.Add(x)
	return fine.Kth()
}

// Below this length to look at a sample costs more than to look at everything.
const worthSampling = 1 << 11

// sampleSize is n^⅔: the bounds leave about 4·n/√size between them, so that what is
// sampled and what is gathered grow alike.
func sampleSize(n int) int {
	return int(math.Pow(float64(n), 2./3)) / neighbours * neighbours
}

const neighbours = 8

// A gathering is room for the magnitudes of a sample, then for those between its bounds.
// It is kept between calls.
type gathering struct {
	magnitudes []float32
	counts     digitCounts
}

var gatherings = sync.Pool{New: func() any { return new(gathering) }}

// room is for n magnitudes and what is written beyond them.
func (s *gathering) room(n int) []float32 {
	if len(s.magnitudes) < n+withinSlack {
		s.magnitudes = make([]float32, n+withinSlack)
	}
	return s.magnitudes
}

func (s *gathering) kthOfAll(x []float32, k int) uint32 {
	m := s.room(len(x))
	current.within(m, x, 0, magnitudeBits)
	return kthOf(m, len(x), 0, magnitudeBits, k, &s.counts)
}

// bounds are magnitudes of a sample, four standard deviations of its rank around the
// one sought: ±4·√(s·q·(1−q)) for the quantile q of a sample of s.
func (s *gathering) bounds(x []float32, k int) (low, high uint32) {
	size := sampleSize(len(x))
	q := float64(k) / float64(len(x))
	margin := 4*math.Sqrt(float64(size)*q*(1-q)) + 4
	// The ranks count from the largest on. Bounds beyond the sample are no bounds.
	first, last := int(float64(size)*q-margin), int(float64(size)*q+margin)
	low, high = 0, magnitudeBits
	sample, again := s.samples(x, size)
	if first >= 1 {
		high = kthOf(sample, size, 0, magnitudeBits, first, &s.counts)
	}
	if last <= size {
		low = kthOf(again, size, 0, magnitudeBits, last, &s.counts)
	}
	return low, high
}

// samples takes a few neighbours of every stretch of x, at a place within it that no
// layout of rows and columns follows: the upper bits of multiples of 2³²/φ. Neighbours
// cost one access to memory. It gives the sample twice, since kthOf uses it up.
func (s *gathering) samples(x []float32, size int) (sample, again []float32) {
	m := s.room(2*size + withinSlack)
	sample, again = m[:size+withinSlack], m[size+withinSlack:]
	stretch := len(x) / (size / neighbours)
	for i := 0; i < size; i += neighbours {
		place := uint64(uint32(i)*0x9e3779b9) * uint64(stretch-neighbours+1) >> 32
		from := x[i/neighbours*stretch+int(place):]
		for j, v := range from[:neighbours] {
			sample[i+j] = magnitude(v)
		}
	}
	copy(again, sample[:size])
	return sample, again
}

// gatherBlock is how many elements are looked at before the room left is.
const gatherBlock = 1 << 12

// kthBetween is false if the k-th largest magnitude is not between low and high, or if
// there is no room for those that are.
func (s *gathering) kthBetween(x []float32, low, high uint32, k int) (uint32, bool) {
	m := s.room(min(len(x), 16*sampleSize(len(x))) + gatherBlock)
	inside, n := 0, 0
	for len(x) > 0 {
		block := x[:min(gatherBlock, len(x))]
		x = x[len(block):]
		if n+len(block)+withinSlack > len(m) {
			return 0, false
		}
		between, above := current.within(m[n:], block, low, high)
		inside += between
		k -= above
		if low < high { // of equals their number is enough
			n += between
		}
	}
	if k < 1 || k > inside {
		return 0, false
	}
	return kthOf(m, n, low, high, k, &s.counts), true
}

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

// The 31 bits of a magnitude are 15 coarse ones and 16 fine ones.
const (
	coarseBins = 1 << 15
	fineBins   = 1 << 16
)

// within writes to dst the magnitudes of x from low to high, in their order, and
// returns their number and that of the magnitudes above high. dst must have room for
// len(x) + withinSlack elements; those after the ones written are undefined. It may
// begin where x does.
func within(dst, x []float32, low, high uint32) (inside, above int) {
	for _, v := range x {
		m := math.Float32bits(v) & magnitudeBits
		dst[inside] = math.Float32frombits(m) // stepped over if it belongs there: a branch would be mispredicted
		inside += 1 - int((uint64(high-low)-uint64(m-low))>>63)
		above += int((uint64(high) - uint64(m)) >> 63)
	}
	return inside, above
}

// withinSlack is how many elements a loop may write beyond those that it gathers.
const withinSlack = 8

// magnitude is |v|, NaN with its payload.
func magnitude(v float32) float32 { return math.Float32frombits(math.Float32bits(v) & magnitudeBits) }
