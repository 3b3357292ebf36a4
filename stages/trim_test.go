package stages_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"pgregory.net/rapid"
)

// trimmed keeps |x| ≥ the k-th largest magnitude; k = 0 keeps none.
func trimmed(x []float64, k int) []float64 {
	if k == 0 {
		return make([]float64, len(x))
	}
	magnitudes := mapped(x, math.Abs)
	slices.Sort(magnitudes)
	threshold := magnitudes[len(x)-k]
	return mapped(x, func(v float64) float64 {
		if math.Abs(v) >= threshold {
			return v
		}
		return 0
	})
}

func TestTrim(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawAdapters(t, 2, coarse)
		densities := []float64{rapid.Float64Range(0, 1).Draw(t, "density of a"), rapid.SampledFrom([]float64{0, 0.01, 0.5, 1}).Draw(t, "density of b")}
		out := play(t, d.flows, fmt.Sprintf("m: {trim: %s, density: {a: %v, b: %v}}", d.list(), densities[0], densities[1]))
		d.check(t, out, 0, func(_ place, xs [][]float64) [][]float64 {
			for i := range xs {
				xs[i] = trimmed(xs[i], int(densities[i]*float64(len(xs[i]))))
			}
			return xs
		})
	})
}

// TestTrimScopeAdapter: one threshold over all tensors of an adapter, exact, ties
// included, though no more than one module is seen at a time.
func TestTrimScopeAdapter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fill := rapid.SampledFrom([]func(uint64) func([]float32){coarse, sixteenths}).Draw(t, "fill")
		d := drawAdapters(t, 2, fill)
		density := rapid.Float64Range(0, 1).Draw(t, "density")
		out := play(t, d.flows, fmt.Sprintf("m: {trim: %s, density: %v, scope: adapter}", d.list(), density))
		for i, name := range d.names {
			before, after := everything(d.flows[name], 0), everything(out, i)
			want := trimmed(before, int(density*float64(len(before))))
			if e := far(after, want); e > 1e-6 || kept(after) != kept(want) {
				t.Errorf("%s: %d of %d kept, want %d; off by %g", name, kept(after), len(before), kept(want), e)
			}
		}
	})
}

// everything is all elements of one adapter, in the order of modules and tensors.
func everything(f flow, member int) []float64 {
	var all []float64
	for _, module := range f.Union() {
		for _, x := range tensors(f.Space, f.value(module)[member]) {
			all = append(all, x...)
		}
	}
	return all
}

func kept(x []float64) int {
	n := 0
	for _, v := range x {
		if v != 0 {
			n++
		}
	}
	return n
}

// TestTrimTable: k = ⌊density·n⌋ of n, and equal magnitudes at the threshold all stay
// (DESIGN, section 5). The numbers are counted by hand.
func TestTrimTable(t *testing.T) {
	for _, c := range []struct {
		density float64
		in      []float32
		want    []float64
	}{
		{0, []float32{1, 2, 3, 4}, []float64{0, 0, 0, 0}},
		{0.24, []float32{1, 2, 3, 4}, []float64{0, 0, 0, 0}},
		{0.25, []float32{1, 2, 3, -4}, []float64{0, 0, 0, -4}},
		{0.5, []float32{2, -2, 2, 9}, []float64{2, -2, 2, 9}},
		{0.74, []float32{1, 3, -3, 4}, []float64{0, 3, -3, 4}},
		{0.5, []float32{0, 0, 0, 1}, []float64{0, 0, 0, 1}},
		{1, []float32{0, 1, -2, 3}, []float64{0, 1, -2, 3}},
	} {
		in := flowOf("a", c.in)
		out := play(t, map[string]flow{"a": in}, fmt.Sprintf("m: {trim: a, density: %v}", c.density))
		if got := tensors(out.Space, out.at["m"][0])[0]; !slices.Equal(got, c.want) {
			t.Errorf("density %v of %v: %v, want %v", c.density, c.in, got, c.want)
		}
	}
}

// flowOf is an adapter of one module, m, whose A [1, n] is given and whose B is 1.
func flowOf(name string, a []float32) flow {
	f := kindOf{[]shape{{"m", adapter.Linear, 1, len(a)}}, 1, 1, adapter.F32, zeros}.make(name)
	copy(f.at["m"][0].A.Data, a)
	f.at["m"][0].B.Data[0] = 1
	return f
}

func TestTrimRefused(t *testing.T) {
	inputs := map[string]flow{"a": kindOf{shapes, 1, 1, adapter.F32, zeros}.make("a")}
	_, err := newCourse(inputs, 1).play(`m: {trim: a, scope: adapter, density: {default: 1, modules: {"*.q_proj": 0.5}}}`)
	wantFault(t, err, 5, "can't differ by module", "scope: tensor")
	_, err = newCourse(inputs, 1).play("m: {trim: a, density: {b: 0.5}}")
	wantFault(t, err, 5, `no adapter called "b"`, "a")
	_, err = newCourse(inputs, 1).play("m: {trim: a, density: 1.5}")
	wantFault(t, err, 5, "1.5 is out of range", "≤ 1")
	_, err = newCourse(inputs, 1).play(`m: {trim: a, density: {default: 1, modules: {"*.k_proj": 0.5}}}`)
	wantFault(t, err, 5, "matches no module", "q_proj")
}
