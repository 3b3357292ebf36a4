package stages_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestKarcher(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawAdapters(t, rapid.IntRange(2, 5).Draw(t, "adapters"), leaning)
		weights, table := d.drawWeights(t, 0.5, 1, 3)
		out := play(t, d.flows, fmt.Sprintf("m: {karcher: %s, weights: %s}", d.list(), table))
		d.check(t, out, 1e-5, one(func(xs [][]float64) []float64 { return karcherMean(xs, weights) }))
	})
}

// TestKarcherRows: with scope: row every row has a mean direction of its own.
func TestKarcherRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawAdapters(t, rapid.IntRange(2, 4).Draw(t, "adapters"), leaning)
		weights, table := d.drawWeights(t, 0.5, 1, 3)
		line := fmt.Sprintf("m: {karcher: %s, scope: row, weights: %s}", d.list(), table)
		if d.refusesRows(t, line) {
			return
		}
		out := play(t, d.flows, line)
		d.checkRows(t, out, func(xs [][]float64) []float64 { return karcherMean(xs, weights) })
	})
}

// leaning fills with numbers above 0, so that no two tensors are far apart and the
// mean is one point.
func leaning(seed uint64) func([]float32) {
	fill := normal(seed)
	return func(x []float32) {
		fill(x)
		for i := range x {
			x[i] = 0.1 + x[i]*x[i]
		}
	}
}

// TestKarcherOrder: the mean does not depend on the order of the inputs. (In two
// dimensions random points may lie all around the circle, and then there is no one mean.)
func TestKarcherOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawAdapters(t, 4, leaning)
		_, table := d.drawWeights(t, 0.5, 1, 3)
		shuffled := rapid.Permutation(d.names).Draw(t, "order")
		x := play(t, d.flows, fmt.Sprintf("m: {karcher: %s, weights: %s}", d.list(), table))
		y := play(t, d.flows, fmt.Sprintf("m: {karcher: [%s], weights: %s}", strings.Join(shuffled, ", "), table))
		for _, module := range x.Union() {
			for j, want := range tensors(x.Space, x.at[module][0]) {
				moved := norm(combined([][]float64{tensors(y.Space, y.at[module][0])[j], want}, 1, -1))
				if size := norm(slices.Concat(d.at(module, j)...)); moved > 1e-6*size {
					t.Errorf("%s: the order %v moves it by %g; the inputs have the norm %g", module, shuffled, moved, size)
				}
			}
		}
	})
}

// TestKarcherOfTwo has the direction of slerp at t = w₂/(w₁+w₂), and the mean norm.
func TestKarcherOfTwo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawAdapters(t, 2, leaning)
		weights, table := d.drawWeights(t, 0.5, 1, 3)
		out := play(t, d.flows, fmt.Sprintf("m: {karcher: [a, b], weights: %s}", table))
		d.check(t, out, 1e-5, one(func(xs [][]float64) []float64 {
			unit := func(x []float64) []float64 { return mapped(x, func(v float64) float64 { return v / norm(x) }) }
			share := weights[1] / (weights[0] + weights[1])
			length := (1-share)*norm(xs[0]) + share*norm(xs[1])
			return mapped(unit(arc(unit(xs[0]), unit(xs[1]), share)), func(v float64) float64 { return v * length })
		}))
	})
}

// TestKarcherTable: three axes have their diagonal as mean; a zero vector has no
// direction but counts for the norm; opposites have the straight mean.
func TestKarcherTable(t *testing.T) {
	for _, c := range []struct {
		xs   [][]float32
		want []float64
	}{
		{[][]float32{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, []float64{0.5773502691896258, 0.5773502691896258, 0.5773502691896258}},
		{[][]float32{{2, 0}, {0, 0}}, []float64{1, 0}},
		{[][]float32{{1, 0}, {-1, 0}}, []float64{0, 0}},
		{[][]float32{{3, 0}, {-1, 0}}, []float64{1, 0}},
		{[][]float32{{0, 0}, {0, 0}, {0, 0}}, []float64{0, 0}},
		{[][]float32{{1, 2}, {1, 2}, {1, 2}}, []float64{1, 2}},
	} {
		inputs := make(map[string]flow)
		var names []string
		for i, x := range c.xs {
			name := string(rune('a' + i))
			names, inputs[name] = append(names, name), flowOf(name, x)
		}
		out := play(t, inputs, "m: {karcher: ["+strings.Join(names, ", ")+"]}")
		if got := float64s(out.at["m"][0].A.Data); !(far(got, c.want) <= 1e-6) {
			t.Errorf("%v: %v, want %v", c.xs, got, c.want)
		}
	}
}

// TestKarcherOfMany: the mean of the n axes is their diagonal.
func TestKarcherOfMany(t *testing.T) {
	const n = 200
	inputs := make(map[string]flow)
	var names []string
	for i := range n {
		name := fmt.Sprintf("a%03d", i)
		x := make([]float32, n)
		x[i] = 1
		names, inputs[name] = append(names, name), flowOf(name, x)
	}
	out := play(t, inputs, "m: {karcher: ["+strings.Join(names, ", ")+"]}")
	for i, x := range out.at["m"][0].A.Data {
		if math.Abs(float64(x)-1/math.Sqrt(n)) > 1e-6 {
			t.Fatalf("element %d is %v", i, x)
		}
	}
}
