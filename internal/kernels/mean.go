package kernels

import "math"

// MeanAgreeing sets dst = Σ wᵢ·xᵢ / count(xᵢ ≠ 0), the mean over the inputs that
// agree as PEFT takes it; where the count is 0 it is the numerator itself, a
// signed zero. The numerator is that of [Combine]. dst may be any of xs.
func MeanAgreeing(dst []float32, xs [][]float32, ws []float32) {
	mustAlign("MeanAgreeing", len(dst), xs, ws)
	current.mean(dst, xs, ws, ones(len(xs)))
}

// MeanWeights sets dst = Σ wᵢ·xᵢ / Σ wᵢ over xᵢ ≠ 0, the mean over the inputs
// that agree as mergekit takes it, both sums in float32 in the order given;
// where the denominator is 0 it is numerator·0. dst may be any of xs.
func MeanWeights(dst []float32, xs [][]float32, ws []float32) {
	mustAlign("MeanWeights", len(dst), xs, ws)
	current.mean(dst, xs, ws, ws)
}

// mean divides Σ wᵢ·xᵢ by the sum of the shares whose xᵢ ≠ 0. Where all xᵢ are
// ±0 the numerator is ±0 too, and numerator·0 has its bits: so one rule for a
// denominator of 0 serves both means.
func (c *class) mean(dst []float32, xs [][]float32, ws, shares []float32) {
	total := make([]float32, min(blockLength, len(dst)))
	block := make([][]float32, len(xs))
	for start := 0; start < len(dst); start += blockLength {
		end := min(start+blockLength, len(dst))
		window(block, xs, start, end)
		c.meanBlock(dst[start:end], block, ws, shares, total[:end-start])
	}
}

func (c *class) meanBlock(dst []float32, xs [][]float32, ws, shares, total []float32) {
	clear(total)
	for i, x := range xs {
		c.addNonzero(total, x, shares[i])
	}
	c.combine(dst, xs, ws)
	c.quotient(dst, total)
}

// addNonzero adds w to total where x ≠ 0, and +0 elsewhere.
func addNonzero(total, x []float32, w float32) {
	total = total[:len(x)]
	for i, v := range x {
		total[i] += nonzero(v, w)
	}
}

// nonzero is w where v ≠ 0, else +0.
func nonzero(v, w float32) float32 {
	return math.Float32frombits(math.Float32bits(w) &^ zeroMask(math.Float32bits(v)))
}

// quotient sets dst = dst/total where total ≠ 0, else dst·0.
func quotient(dst, total []float32) {
	total = total[:len(dst)]
	for i, v := range dst {
		if d := total[i]; d != 0 {
			dst[i] = v / d
		} else {
			dst[i] = v * 0
		}
	}
}
