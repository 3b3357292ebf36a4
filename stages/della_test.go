package stages_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/loramerge/loramerge/stages"
)

// TestDella against the definition, by row: p = density − ε + 2ε·(k−1)/(n−1) for the k-th
// smallest of n.
func TestDella(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawAdapters(t, 2, coarse)
		density := rapid.SampledFrom([]float64{0, 0.2, 0.5, 0.9, 1}).Draw(t, "density")
		epsilon := rapid.SampledFrom([]float64{0.05, 0.3, 0.5}).Draw(t, "epsilon")
		rescale := rapid.SampledFrom([]string{"inverse-density", "l1", "none"}).Draw(t, "rescale")
		out := play(t, d.flows, fmt.Sprintf("m: {dare-drop: [a, b], density: %v, epsilon: %v, rescale: %s}", density, epsilon, rescale))
		d.check(t, out, 1e-6, func(at place, xs [][]float64) [][]float64 {
			for i, name := range d.names {
				next := rand.New(chances(7, name, at)).Uint32
				n := columns(out, at)
				before := slices.Clone(xs[i])
				for row := range slices.Chunk(xs[i], n) {
					dropRow(row, next, density, epsilon, rescale)
				}
				if after := sumAbs(xs[i]); rescale == "l1" && after > 0 {
					xs[i] = mapped(xs[i], func(v float64) float64 { return v * sumAbs(before) / after })
				}
			}
			return xs
		})
	})
}

func dropRow(row []float64, next func() uint32, density, epsilon float64, rescale string) {
	n := len(row)
	magnitudes := mapped(row, math.Abs)
	for i, v := range row {
		below := 0 // how many are smaller, or as small and before it
		for j, m := range magnitudes {
			if m < magnitudes[i] || m == magnitudes[i] && j < i {
				below++
			}
		}
		p := density
		if n > 1 {
			p = min(1, max(0, density-epsilon+2*epsilon*float64(below)/float64(n-1)))
		}
		if density == 1 {
			p = 1
		}
		switch {
		case float64(next()) >= math.Ceil(math.Ldexp(p, 32)):
			row[i] = 0
		case rescale == "inverse-density":
			row[i] = v / p
		}
	}
}

func sumAbs(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += math.Abs(v)
	}
	return sum
}

// columns is how long the rows of a tensor are.
func columns(f flow, at place) int {
	part := f.at[at.module][0]
	for label, m := range map[byte]stages.Matrix{'A': part.A, 'B': part.B, 'W': part.W, 'M': part.W} {
		if label == at.label {
			return m.Cols
		}
	}
	panic("no such tensor")
}
