package relate

import (
	"cmp"
	"math"
	"slices"

	"github.com/loramerge/loramerge/internal/reportpage"
)

// totals are the figures over all places, as if these were one.
type totals struct {
	n       int
	inners  []float64 // [n, n]
	spread  []float64 // [n, n]: the variance of ⟨ΔWᵢ, ΔWⱼ⟩ of unrelated adapters
	modules []int     // [n, n]: that both have
	a, b    angles
	signs   []share // [n, n]
	all     share   // of all adapters together
	sampled int     // places of which not all elements were looked at
}

// angles are sums of cos²θ over principal angles, and their means for random subspaces; and how many angles there are.
type angles struct{ cosines, random, count []float64 }

// share counts elements: those of which something holds, those of which it would hold if
// adapters were unrelated, and all.
type share struct{ of, unrelated, all float64 }

func newTotals(n int) *totals {
	sums := func() []float64 { return make([]float64, n*n) }
	return &totals{n: n, inners: sums(), spread: sums(), modules: make([]int, n*n), signs: make([]share, n*n),
		a: angles{sums(), sums(), sums()}, b: angles{sums(), sums(), sums()}}
}

func (t *totals) add(p *place, m measured) {
	k := len(p.holders)
	elements := float64(p.modules[0].Out()) * float64(p.modules[0].In())
	for x, i := range p.holders {
		for y, j := range p.holders {
			from, to := x*k+y, i*t.n+j
			t.inners[to] += m.inners[from]
			t.spread[to] += m.inners[x*k+x] * m.inners[y*k+y] / elements
			t.modules[to]++
			if m.overlaps.A != nil {
				t.a.add(to, m.overlaps.A, x, y, k, p.modules[0].In())
				t.b.add(to, m.overlaps.B, x, y, k, p.modules[0].Out())
			}
			if m.signs != nil && x > y {
				t.signs[to].add(m.signs, m.signs.opposite[from], 0.5)
			}
		}
	}
	if m.signs != nil {
		t.all.add(m.signs, m.signs.opposed, 1-math.Exp2(float64(1-k)))
		if m.signs.seen < m.signs.elements {
			t.sampled++
		}
	}
}

// add counts the angles between the subspaces x and y, of k, in so many dimensions.
func (a *angles) add(to int, overlaps []float64, x, y, k, dimensions int) {
	p, q := overlaps[x*k+x], overlaps[y*k+y]
	a.cosines[to] += overlaps[x*k+y]
	a.random[to] += p * q / float64(dimensions)
	a.count[to] += min(p, q)
}

func (a *angles) figure(at int) Figure {
	return Figure{reportpage.Over(a.cosines[at], a.count[at]), reportpage.Over(a.random[at], a.count[at])}
}

// add weighs what was seen by the elements that it stands for.
func (s *share) add(signs *signs, count int, unrelated float64) {
	elements := float64(signs.elements)
	s.of += elements * float64(count) / float64(signs.seen)
	s.unrelated += elements * unrelated
	s.all += elements
}

func (s share) figure() Figure {
	return Figure{reportpage.Over(s.of, s.all), reportpage.Over(s.unrelated, s.all)}
}

func (t *totals) conflict() Figure { return t.all.figure() }

func (t *totals) norm(i int) float64 { return math.Sqrt(max(0, t.inners[i*t.n+i])) }

// cosine is undefined with an adapter of zeros.
func (t *totals) cosine(i, j int) Figure {
	lengths := t.norm(i) * t.norm(j)
	c := reportpage.Over(t.inners[i*t.n+j], lengths)
	return Figure{max(-1, min(1, c)), reportpage.Over(math.Sqrt(t.spread[i*t.n+j]), lengths)}
}

// cancelled is the share of Σ‖ΔWᵢ‖ below which ‖Σ ΔWᵢ‖ is rounding: its square is a difference of float64.
const cancelled = 1e-7

// alignment is cos(Σⱼ ΔWⱼ, ΔWᵢ), undefined where all that there is cancels.
func (t *totals) alignment(i int) Figure {
	with, square, norms := 0.0, 0.0, 0.0
	for j := range t.n {
		with += t.inners[i*t.n+j]
		norms += t.norm(j)
		for k := range t.n {
			square += t.inners[j*t.n+k]
		}
	}
	length := math.Sqrt(max(0, square))
	if length <= cancelled*norms {
		length = 0
	}
	c := reportpage.Over(with, t.norm(i)*length)
	return Figure{max(-1, min(1, c)), reportpage.Ratio(unrelatedAlignment(t.n))}
}

// pairs lists all pairs of adapters, the most similar first and those without a cosine last.
func (t *totals) pairs(adapters []Opened) []*Pair {
	all := []*Pair{}
	for i := range t.n {
		for j := range i {
			at := i*t.n + j
			all = append(all, &Pair{X: adapters[j].Name, Y: adapters[i].Name, Modules: t.modules[at],
				Cosine: t.cosine(i, j), OverlapA: t.a.figure(at), OverlapB: t.b.figure(at), OppositeSign: t.signs[at].figure()})
		}
	}
	slices.SortStableFunc(all, func(x, y *Pair) int { return cmp.Compare(size(y.Cosine), size(x.Cosine)) })
	return all
}

// size is the magnitude of a figure, below all others where there is none.
func size(f Figure) float64 {
	if !f.Value.Defined() {
		return -1
	}
	return math.Abs(float64(f.Value))
}
