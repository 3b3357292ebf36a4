package relate

import (
	"context"
	"math/bits"

	"github.com/loramerge/loramerge/internal/lowrank"
)

// SampleSide is how many rows, and how many columns, of a ΔW signs are counted on, at most. Of a
// large model's hundreds of modules the shares of all are then within a few thousandths.
const SampleSide = 256

// stripRows is how many rows are multiplied out at a time: few enough to stay in a cache.
const stripRows = 64

// signs are counts of elements by their signs in n deltas.
type signs struct {
	seen     int   // elements that were looked at
	elements int   // of a ΔW
	opposite []int // [n, n]: elements that one of two raises and the other lowers
	opposed  int   // elements that one of all raises and another lowers
}

// signsOf counts in deltas s·B·A of one shape, at some rows and columns. They are rounded to
// float32, so that of elements near 0 the sign is that of the rounding.
func signsOf(ctx context.Context, deltas []lowrank.Product, scales []float64) *signs {
	out, in := deltas[0].Shape()
	rows, columns := lowrank.Spread(out, SampleSide), lowrank.Spread(in, SampleSide)
	n := len(deltas)
	s := &signs{seen: len(rows) * len(columns), elements: out * in, opposite: make([]int, n*n)}
	picked := make([]lowrank.Product, n)
	for i, d := range deltas {
		picked[i] = d.Sample(rows, columns, scales[i])
	}
	x := lowrank.NewMatrix(stripRows, len(columns))
	masks := make([]mask, n)
	for from := 0; from < len(rows) && ctx.Err() == nil; from += stripRows {
		to := min(from+stripRows, len(rows))
		for i, d := range picked {
			some := lowrank.Matrix{Rows: to - from, Cols: x.Cols, Data: x.Data[:(to-from)*x.Cols]}
			b := lowrank.Matrix{Rows: to - from, Cols: d.B.Cols, Data: d.B.Data[from*d.B.Cols : to*d.B.Cols]}
			lowrank.Dense(ctx, some, lowrank.Product{B: b, A: d.A}, 1)
			masks[i].set(some.Data)
		}
		s.count(masks)
	}
	return s
}

// mask has a bit for each element that is raised, and one for each that is lowered; 0 is neither.
type mask struct{ raised, lowered []uint64 }

func (m *mask) set(x []float32) {
	words := (len(x) + 63) / 64
	m.raised, m.lowered = append(m.raised[:0], make([]uint64, words)...), append(m.lowered[:0], make([]uint64, words)...)
	for i, v := range x {
		if v > 0 {
			m.raised[i/64] |= 1 << (i % 64)
		} else if v < 0 {
			m.lowered[i/64] |= 1 << (i % 64)
		}
	}
}

func (s *signs) count(masks []mask) {
	n := len(masks)
	for w := range masks[0].raised {
		raised, lowered := uint64(0), uint64(0)
		for i := range masks {
			up, down := masks[i].raised[w], masks[i].lowered[w]
			for j := range i {
				s.opposite[i*n+j] += bits.OnesCount64(up&masks[j].lowered[w] | down&masks[j].raised[w])
			}
			raised, lowered = raised|up, lowered|down
		}
		s.opposed += bits.OnesCount64(raised & lowered)
	}
}
