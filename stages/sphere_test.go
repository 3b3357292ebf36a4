package stages_test

import (
	"math"
	"strings"

	"github.com/loramerge/loramerge/stages"
	"pgregory.net/rapid"
)

// arc is the point at t on the great circle from x to y (Shoemake 1985), walked in
// the elements themselves; a straight line below 1e-4 rad, within 1e-4 of opposite
// and for a zero vector. What cancels but for float64's rounding is 0.
func arc(x, y []float64, t float64) []float64 {
	theta := math.Acos(max(-1, min(1, dot(x, y)/(norm(x)*norm(y)))))
	if norm(x) < 1e-7*norm(y) || norm(y) < 1e-7*norm(x) || norm(x) == 0 || theta < 1e-4 || math.Pi-theta < 1e-4 {
		line := combined([][]float64{x, y}, 1-t, t)
		if norm(line) < 1e-14*(norm(x)+norm(y)) {
			clear(line)
		}
		return line
	}
	return combined([][]float64{x, y}, math.Sin((1-t)*theta)/math.Sin(theta), math.Sin(t*theta)/math.Sin(theta))
}

// cascade folds from the left: newcomer i has t = wᵢ/(w₁+…+wᵢ).
func cascade(xs [][]float64, weights []float64) []float64 {
	at, sum := xs[0], weights[0]
	for i, x := range xs[1:] {
		sum += weights[i+1]
		at = arc(at, x, weights[i+1]/sum)
	}
	return at
}

// joined is a tree: neighbours are joined pairwise, an odd one goes on alone.
func joined(xs [][]float64, weights []float64) ([]float64, float64) {
	if len(xs) == 1 {
		return xs[0], weights[0]
	}
	half := 1
	for half*2 < len(xs) {
		half *= 2
	}
	x, w := joined(xs[:half], weights[:half])
	y, v := joined(xs[half:], weights[half:])
	return arc(x, y, v/(w+v)), w + v
}

// karcherMean walks on the unit sphere along the weighted mean of the directions to
// all adapters until none is left (Karcher 1977), and takes the mean of the norms.
func karcherMean(xs [][]float64, weights []float64) []float64 {
	sum, size := 0.0, 0.0
	units := make([][]float64, len(xs))
	for i, x := range xs {
		sum, size = sum+weights[i], size+weights[i]*norm(x)
		units[i] = mapped(x, func(v float64) float64 { return v / norm(x) })
	}
	mean := combined(units, weights...)
	for range 1000 {
		mean = mapped(mean, func(v float64) float64 { return v / norm(mean) })
		step := make([]float64, len(mean))
		for i, u := range units {
			theta := math.Acos(max(-1, min(1, dot(mean, u))))
			if theta > 1e-9 {
				step = combined([][]float64{step, u, mean}, 1, weights[i]/sum*theta/math.Sin(theta), -weights[i]/sum*theta/math.Tan(theta))
			}
		}
		length := norm(step)
		if length < 1e-10 {
			break
		}
		mean = combined([][]float64{mean, step}, math.Cos(length), math.Sin(length)/length)
	}
	return mapped(mean, func(v float64) float64 { return v * size / sum })
}

// refusesRows reports whether the adapters are in the core space, whose rows are no rows of
// ΔW, and wants a verb to refuse them there.
func (d drawn) refusesRows(t *rapid.T, line string) bool {
	if d.flows[d.names[0]].Space != stages.Core {
		return false
	}
	if _, err := newCourse(d.flows, 1).play(line); err == nil || !strings.Contains(err.Error(), "rows") {
		t.Errorf("%s in the core space: %v", line, err)
	}
	return true
}

// checkRows is check for a definition that is applied to each row.
func (d drawn) checkRows(t *rapid.T, out flow, define func(xs [][]float64) []float64) {
	d.check(t, out, 1e-5, func(at place, xs [][]float64) [][]float64 {
		m, _ := out.Members[0].Find(at.module)
		columns := m.In()
		if at.label == 'B' {
			columns = m.Rank
		}
		var all []float64
		for from := 0; from < len(xs[0]); from += columns {
			rows := make([][]float64, len(xs))
			for i := range xs {
				rows[i] = xs[i][from : from+columns]
			}
			all = append(all, define(rows)...)
		}
		return [][]float64{all}
	})
}
