package report

import (
	"context"
	"math"

	"github.com/loramerge/loramerge/internal/kernels"
	"github.com/loramerge/loramerge/internal/lowrank"
	"github.com/loramerge/loramerge/internal/reportpage"
)

// sampleSide is how many rows and how many columns of a ΔW are looked at for conflicts
// of sign, at most. Rows differ in their shares by a tenth or two, so that a thousand
// of them, and as many columns, give the share of all within about a hundredth.
const sampleSide = 1024

// clash is what deltas do to each other, element by element.
type clash struct {
	rows, columns int     // that were looked at
	opposed       int     // elements raised by one and lowered by another
	sum, size     float64 // Σ|Σᵢxᵢ| and ΣΣᵢ|xᵢ| over the elements x
	against       []int   // by delta: elements whose sign is opposed to that of the others' sum,
	signed        []int   // among so many at which both have a sign
}

// conflict is the share of elements that are opposed.
func (c *clash) conflict() reportpage.Ratio {
	return reportpage.Over(float64(c.opposed), float64(c.rows*c.columns))
}

// cancelled is the share of all that adds up to nothing.
func (c *clash) cancelled() reportpage.Ratio { return reportpage.Over(max(0, c.size-c.sum), c.size) }

// clashOf compares deltas s·B·A of one shape [out, in] at some rows and columns.
func clashOf(ctx context.Context, deltas []lowrank.Product, scales []float64) *clash {
	c := &clash{against: make([]int, len(deltas)), signed: make([]int, len(deltas))}
	var sum []float32
	var signs []uint8
	c.rows, c.columns = lowrank.Strips(ctx, deltas, scales, sampleSide, func(strips []lowrank.Matrix) {
		n := len(strips[0].Data)
		sum, signs = append(sum[:0], make([]float32, n)...), append(signs[:0], make([]uint8, n)...)
		c.compare(strips, sum, signs)
	})
	return c
}

// raised and lowered are the signs that an element may have had: a bit for each.
const (
	raised  uint8 = 1
	lowered uint8 = 2
)

// compare counts elements of each delta, given zeros for their sum and for the signs that each element has had.
func (c *clash) compare(deltas []lowrank.Matrix, sum []float32, signs []uint8) {
	for _, x := range deltas {
		markSigns(signs, x.Data)
		c.size += kernels.SumAbs(x.Data)
		kernels.AddScaled(sum, x.Data, 1)
	}
	c.sum += kernels.SumAbs(sum)
	for _, seen := range signs {
		if seen == raised|lowered {
			c.opposed++
		}
	}
	for i := range deltas {
		against, signed := opposedTo(sum, deltas[i].Data)
		c.against[i], c.signed[i] = c.against[i]+against, c.signed[i]+signed
	}
}

// opposedTo counts the elements at which x and the rest of the sum both have a sign, and those at which
// the two differ.
func opposedTo(sum, x []float32) (against, signed int) {
	sum = sum[:len(x)]
	for i, v := range x {
		own, others := math.Float32bits(v), math.Float32bits(sum[i]-v)
		both := hasSign(own) & hasSign(others)
		signed += int(both)
		against += int(both & ((own ^ others) >> 31))
	}
	return against, signed
}

// markSigns adds the sign of each element to those seen there; ±0 has none. Bits and
// no comparisons, since no processor predicts the sign of a weight.
func markSigns(signs []uint8, x []float32) {
	signs = signs[:len(x)]
	for i, v := range x {
		bits := math.Float32bits(v)
		signs[i] |= raised * uint8(hasSign(bits)) << uint8(bits>>31)
	}
}

// hasSign is 0 of the bits of ±0, and 1 of others.
func hasSign(bits uint32) uint32 {
	magnitude := bits << 1
	return (magnitude | -magnitude) >> 31
}
