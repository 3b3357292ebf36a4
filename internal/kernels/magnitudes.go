package kernels

import (
	"fmt"
	"math"
)

// Magnitudes finds the k-th largest |x| over many tensors, exactly, in two
// passes and without holding them: [Magnitudes.Add] every tensor,
// [Magnitudes.Select] a rank, [Bin.Add] every tensor again, and ask [Bin.Kth].
// The zero value is empty and takes 512 KiB. The order of the tensors, and of
// merging, does not matter.
type Magnitudes struct {
	bins  histogram
	count uint64
}

// Add counts the elements of x.
func (m *Magnitudes) Add(x []float32) {
	m.bins.count(x)
	m.count += uint64(len(x))
}

// Merge adds what other has counted.
func (m *Magnitudes) Merge(other *Magnitudes) {
	for i := range m.bins {
		for j, n := range other.bins[i] {
			m.bins[i][j] += n
		}
	}
	m.count += other.count
}

// Count returns the number of elements counted.
func (m *Magnitudes) Count() int { return int(m.count) }

// Select returns the bin that holds the k-th largest magnitude, empty, for the
// second pass. It panics unless 1 ≤ k ≤ m.Count().
func (m *Magnitudes) Select(k int) *Bin {
	mustRank("Magnitudes.Select", k, m.Count())
	b := new(Bin)
	b.coarse, b.rank = m.bins.kth(uint64(k))
	return b
}

// A Bin distinguishes the magnitudes that share the upper 15 of their 31 bits with
// the one sought. Magnitudes.Select returns a new one each time, so that parts
// of the second pass may run in parallel and be merged.
type Bin struct {
	coarse uint32
	rank   uint64
	fine   [fineBins]uint64
}

// Add counts those elements of x that fall into the bin.
func (b *Bin) Add(x []float32) {
	current.countBin(&b.fine, x, b.coarse)
}

// Merge adds what other, selected by the same rank from the same magnitudes, has
// counted.
func (b *Bin) Merge(other *Bin) {
	if b.coarse != other.coarse || b.rank != other.rank {
		panic("kernels: Bin.Merge: the bins were selected by different ranks")
	}
	for i, n := range other.fine {
		b.fine[i] += n
	}
}

// Kth returns the magnitude sought. It panics when the second pass has not seen
// all that the first one did.
func (b *Bin) Kth() float32 {
	rank := b.rank
	for fine := fineBins - 1; fine >= 0; fine-- {
		if rank <= b.fine[fine] {
			return math.Float32frombits(b.coarse<<16 | uint32(fine))
		}
		rank -= b.fine[fine]
	}
	panic("kernels: Bin.Kth: the second pass has seen fewer elements than the first")
}

func mustRank(kernel string, k, n int) {
	if k < 1 || k > n {
		panic(fmt.Sprintf("kernels: %s: rank %d is not within 1 to %d", kernel, k, n))
	}
}
