package givens

import (
	"math"
	"slices"

	"github.com/loramerge/loramerge/internal/lowrank/gemm"
)

// Rotate returns c, s and r with c·x + s·y = r and c·y − s·x = 0, c² + s² = 1.
func Rotate(x, y float64) (c, s, r float64) {
	switch {
	case y == 0:
		return 1, 0, x
	case x == 0:
		return 0, 1, y
	}
	r = math.Sqrt(float64(x*x) + float64(y*y))
	return x / r, y / r, r
}

// Sweeps are chains of rotations that are still to be applied, in their order.
type Sweeps struct {
	sweeps []sweep
	c, s   []float64
}

// sweep rotates rows from and from+1, then from+1 and from+2 and so on, by as many of the
// rotations as there are up to where the next sweep begins.
type sweep struct{ from, at int }

// Begin begins a sweep whose first rotation is of the rows from and from+1.
func (q *Sweeps) Begin(from int) { q.sweeps = append(q.sweeps, sweep{from, len(q.c)}) }

// Add adds a rotation to the sweep begun last, of the next row with the one after it:
// (x, y) ← (c·x + s·y, c·y − s·x).
func (q *Sweeps) Add(c, s float64) { q.c, q.s = append(q.c, c), append(q.s, s) }

// Len is the number of rotations.
func (q *Sweeps) Len() int { return len(q.c) }

// strip is how many columns are rotated at a time, in a buffer of their own: so many fit into
// four registers of AVX2, and columns of a large matrix lie in few sets of a cache.
const strip = 16

// Apply applies the rotations to the rows of m, and forgets them.
func (q *Sweeps) Apply(m gemm.Matrix[float64]) {
	q.apply(m, func(i int) int { return i })
}

// Undo applies the transposes of the rotations to the rows of m, the last one first, and
// forgets them: to Gᵀ·m, where Apply comes to G·m. With the rows counted from the last a
// transpose is a rotation by the same angle, so the chains are those of Apply.
func (q *Sweeps) Undo(m gemm.Matrix[float64]) {
	all, last := len(q.c), m.Rows-1
	slices.Reverse(q.c)
	slices.Reverse(q.s)
	end := all
	for i := len(q.sweeps) - 1; i >= 0; i-- {
		next := q.sweeps[i].at
		q.sweeps[i] = sweep{last - q.sweeps[i].from - (end - next), all - end}
		end = next
	}
	slices.Reverse(q.sweeps)
	q.apply(m, func(i int) int { return last - i })
}

// apply rotates the rows in the order that place gives them.
func (q *Sweeps) apply(m gemm.Matrix[float64], place func(int) int) {
	x := make([]float64, m.Rows*strip)
	for from := 0; from < m.Cols; from += strip {
		part := m.Part(0, m.Rows, from, min(from+strip, m.Cols))
		for i := range part.Rows {
			copy(x[place(i)*strip:], part.Row(i))
		}
		q.rotate(x)
		for i := range part.Rows {
			copy(part.Row(i), x[place(i)*strip:])
		}
	}
	q.sweeps, q.c, q.s = q.sweeps[:0], q.c[:0], q.s[:0]
}

func (q *Sweeps) rotate(x []float64) {
	for i, sweep := range q.sweeps {
		end := len(q.c)
		if i+1 < len(q.sweeps) {
			end = q.sweeps[i+1].at
		}
		if sweep.at < end {
			chain(x[sweep.from*strip:], q.c[sweep.at:end], q.s[sweep.at:end])
		}
	}
}

// portable rotates the rows of a strip in turn.
func portable(x []float64, c, s []float64) {
	for i, c := range c {
		s, x, y := s[i], x[i*strip:(i+1)*strip], x[(i+1)*strip:(i+2)*strip]
		for j, v := range x {
			w := y[j]
			x[j] = float64(c*v) + float64(s*w)
			y[j] = float64(c*w) - float64(s*v)
		}
	}
}
