package kernels

import "math"

// Agree sets dst to x where the vote has the sign of xᵢ, and to +0 elsewhere
// (TIES, arXiv:2306.01708, algorithm 1, step 3). A vote of ±0 agrees with
// nothing, a NaN with everything, so that it shows. An xᵢ that is ±0 itself keeps
// its bits. Signs are compared by their bits: the product of two small numbers of
// one sign may underflow to 0. dst may be x or votes.
func Agree(dst, x, votes []float32) {
	mustMatch("Agree", len(dst), len(x), len(votes))
	current.agree(dst, x, votes)
}

// Unanimous sets dsts[i] to xs[i] where all inputs are positive or all are
// negative, and to +0 elsewhere, so that only elements without conflict are left. An
// element that is ±0 itself keeps its bits. A single input is copied. dsts[i] may
// be xs[i].
func Unanimous(dsts, xs [][]float32) {
	mustMatch("Unanimous", len(xs), len(dsts))
	for i, x := range xs {
		mustMatch("Unanimous", len(xs[0]), len(x), len(dsts[i]))
	}
	current.unanimous(dsts, xs)
}

// unanimous elects by frequency and keeps the votes of ±n alone.
func (c *class) unanimous(dsts, xs [][]float32) {
	if len(xs) <= 1 {
		for i, x := range xs {
			copy(dsts[i], x)
		}
		return
	}
	votes := make([]float32, min(blockLength, len(xs[0])))
	for start := 0; start < len(xs[0]); start += blockLength {
		end := min(start+blockLength, len(xs[0]))
		block := votes[:end-start]
		clear(block)
		for _, x := range xs {
			c.addSigns(block, x[start:end])
		}
		c.trim(block, block, math.Float32bits(float32(len(xs))))
		for i, x := range xs {
			c.agree(dsts[i][start:end], x[start:end], block)
		}
	}
}

func agree(dst, x, votes []float32) {
	dst, votes = dst[:len(x)], votes[:len(x)]
	for i, v := range x {
		dst[i] = agreeing(v, votes[i])
	}
}

// agreeing gives the vote the sign of vote·v: then v is dropped where it is ≤ 0.
// Written thus it compiles to a conditional move, where a branch on random signs
// would be mispredicted.
func agreeing(v, vote float32) float32 {
	bits := math.Float32bits(v)
	dropped := bits & zeroMask(bits)
	if math.Float32frombits(math.Float32bits(vote)^bits&signBit) <= 0 {
		bits = dropped
	}
	return math.Float32frombits(bits)
}

// zeroMask is all ones for the bits of ±0, else 0.
func zeroMask(bits uint32) uint32 {
	return ^uint32(-int32(bits&magnitudeBits) >> 31)
}
