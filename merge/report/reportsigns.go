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

// stripRows is how many rows are multiplied out at a time: few enough to stay in a cache.
const stripRows = 64

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
	out, in := deltas[0].Shape()
	rows, columns := lowrank.Spread(out, sampleSide), lowrank.Spread(in, sampleSide)
	picked := make([]lowrank.Product, len(deltas))
	for i, d := range deltas {
		picked[i] = d.Sample(rows, columns, scales[i])
	}
	c := &clash{rows: len(rows), columns: len(columns), against: make([]int, len(deltas)), signed: make([]int, len(deltas))}
	s := newStrip(len(columns), len(deltas))
	for from := 0; from < len(rows); from += stripRows {
		s.compare(ctx, c, picked, from, min(from+stripRows, len(rows)))
	}
	return c
}

// strip is memory for stripRows rows: of each delta, of the sum of all, and of the
// signs that each element has had.
type strip struct {
	deltas []lowrank.Matrix
	sum    lowrank.Matrix
	signs  []uint8
}

func newStrip(columns, deltas int) *strip {
	s := &strip{sum: lowrank.NewMatrix(stripRows, columns), signs: make([]uint8, stripRows*columns)}
	for range deltas {
		s.deltas = append(s.deltas, lowrank.NewMatrix(stripRows, columns))
	}
	return s
}

// raised and lowered are the signs that an element may have had: a bit for each.
const (
	raised  uint8 = 1
	lowered uint8 = 2
)

// compare counts rows [from, to).
func (s *strip) compare(ctx context.Context, c *clash, deltas []lowrank.Product, from, to int) {
	n := (to - from) * s.sum.Cols
	sum, signs := s.sum.Data[:n], s.signs[:n]
	clear(sum)
	clear(signs)
	for i, d := range deltas {
		x := lowrank.Matrix{Rows: to - from, Cols: s.sum.Cols, Data: s.deltas[i].Data[:n]}
		b := lowrank.Matrix{Rows: to - from, Cols: d.B.Cols, Data: d.B.Data[from*d.B.Cols : to*d.B.Cols]}
		lowrank.Dense(ctx, x, lowrank.Product{B: b, A: d.A}, 1)
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
		for k, x := range s.deltas[i].Data[:n] {
			if others := sum[k] - x; x != 0 && others != 0 {
				c.signed[i]++
				if (x < 0) != (others < 0) {
					c.against[i]++
				}
			}
		}
	}
}

// markSigns adds the sign of each element to those seen there; ±0 has none. Bits and
// no comparisons, since no processor predicts the sign of a weight.
func markSigns(signs []uint8, x []float32) {
	signs = signs[:len(x)]
	for i, v := range x {
		bits := math.Float32bits(v)
		magnitude := bits << 1
		nonzero := uint8((magnitude | -magnitude) >> 31)
		signs[i] |= raised * nonzero << uint8(bits>>31)
	}
}
