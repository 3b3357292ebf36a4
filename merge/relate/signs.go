package relate

import (
	"context"
	"math/bits"

	"github.com/loramerge/loramerge/internal/lowrank"
)

// SampleSide is how many rows, and how many columns, of a ΔW signs are counted on, at most. Of a
// large model's hundreds of modules the shares of all are then within a few thousandths.
const SampleSide = 256

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
	n := len(deltas)
	s := &signs{elements: out * in, opposite: make([]int, n*n)}
	masks := make([]mask, n)
	rows, columns := lowrank.Strips(ctx, deltas, scales, SampleSide, func(strips []lowrank.Matrix) {
		for i, x := range strips {
			masks[i].set(x.Data)
		}
		s.count(masks)
	})
	s.seen = rows * columns
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
