package stages_test

import (
	"crypto/sha256"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"pgregory.net/rapid"
)

// chances is the stream of DESIGN section 5, written out: ChaCha8 seeded with the
// SHA-256 of the seed as 8 bytes little endian, adapter, 0, module, 0, label.
func chances(seed byte, adapterName string, at place) *rand.ChaCha8 {
	return later(seed, adapterName, at, "")
}

// later is the stream of a drop that is not an adapter's first: 0 and its number in decimal
// stand behind.
func later(seed byte, adapterName string, at place, tail string) *rand.ChaCha8 {
	text := string([]byte{seed, 0, 0, 0, 0, 0, 0, 0}) + adapterName + "\x00" + at.module + "\x00" + string(at.label) + tail
	return rand.NewChaCha8(sha256.Sum256([]byte(text)))
}

// dropped keeps an element if its Uint32 is < density·2³², and rescales what is left.
func dropped(x []float64, stream *rand.ChaCha8, density float64, rescale string) []float64 {
	words := rand.New(stream)
	out := mapped(x, func(v float64) float64 {
		if float64(words.Uint32()) < density*(1<<32) {
			return v
		}
		return 0
	})
	factor := 1.0
	switch l1 := func(x []float64) float64 {
		return dot(mapped(x, math.Abs), mapped(x, func(float64) float64 { return 1 }))
	}; {
	case rescale == "inverse-density" && density > 0:
		factor = 1 / density
	case rescale == "l1" && l1(out) > 0:
		factor = l1(x) / l1(out)
	case rescale == "l2" && norm(out) > 0:
		factor = norm(x) / norm(out)
	}
	return mapped(out, func(v float64) float64 { return v * factor })
}

func TestDareDropByChance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawAdapters(t, 2, coarse)
		density := rapid.OneOf(rapid.Float64Range(0, 1), rapid.SampledFrom([]float64{0, 1})).Draw(t, "density")
		rescale := rapid.SampledFrom([]string{"inverse-density", "l1", "l2", "none"}).Draw(t, "rescale")
		out := play(t, d.flows, fmt.Sprintf("m: {dare-drop: [a, b], density: %v, rescale: %s}", density, rescale))
		d.check(t, out, 1e-6, func(at place, xs [][]float64) [][]float64 {
			for i, name := range d.names {
				xs[i] = dropped(xs[i], chances(7, name, at), density, rescale) // 7 is the recipe's seed
			}
			return xs
		})
	})
}

// TestDareDropLater: the k-th drop of an adapter, whatever lies between, has the stream of
// the first with 0 and k behind, and each adapter of a stage has its own k.
func TestDareDropLater(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawAdapters(t, 2, coarse)
		out := play(t, d.flows, "x: {dare-drop: a, density: 0.5}", "y: {scale: x, by: 2}", "m: {dare-drop: [y, b], density: 0.5}", "z: {dare-drop: m, density: 0.5}")
		d.check(t, out, 1e-6, func(at place, xs [][]float64) [][]float64 {
			drop := func(x []float64, name, tail string) []float64 {
				return dropped(x, later(7, name, at, tail), 0.5, "inverse-density")
			}
			a := mapped(drop(xs[0], "a", ""), func(v float64) float64 {
				if at.label == 'A' { // scale multiplies B alone
					return v
				}
				return 2 * v
			})
			a = drop(drop(a, "a", "\x002"), "a", "\x003")
			return [][]float64{a, drop(drop(xs[1], "b", ""), "b", "\x002")}
		})
	})
}

// TestDareDropAfterMerge: what is made of several counts the drops of the one that has most.
func TestDareDropAfterMerge(t *testing.T) {
	d := drawn{[]string{"a", "b"}, map[string]flow{}}
	for i, name := range d.names {
		d.flows[name] = kindOf{shapes, 4, 1, adapter.F32, normal(uint64(i))}.make(name)
	}
	out := play(t, d.flows, "x: {dare-drop: a, density: 0.5}", "s: {sum: [x, b]}", "m: {dare-drop: s, density: 0.5}")
	d.check(t, out, 1e-6, func(at place, xs [][]float64) [][]float64 {
		sum := combined([][]float64{dropped(xs[0], chances(7, "a", at), 0.5, "inverse-density"), xs[1]}, 1, 1)
		return [][]float64{dropped(sum, later(7, "s", at, "\x002"), 0.5, "inverse-density")}
	})
}

// TestDareDropTwiceExpectation: over n elements of 1 and s seeds, the mean after two drops
// is 1 within five standard deviations: an element has the variance 1/p⁴·p²−1 = 1/p²−1, so
// the mean has √((1/p²−1)/(n·s)). With one mask twice it would be 1/p.
func TestDareDropTwiceExpectation(t *testing.T) {
	const n, p, seeds = 2000, 0.5, 100
	k := kindOf{[]shape{{"x", adapter.Linear, 1, n}}, 1, 1, adapter.F32, func(x []float32) {
		for i := range x {
			x[i] = 1
		}
	}}
	sum := 0.0
	for seed := range seeds {
		out := play(t, map[string]flow{"a": k.make("a")},
			fmt.Sprintf("x: {dare-drop: a, density: %v, seed: %d}", p, seed), fmt.Sprintf("m: {dare-drop: x, density: %v, seed: %d}", p, seed))
		for _, v := range out.at["x"][0].A.Data {
			sum += float64(v)
		}
	}
	if mean, bound := sum/(n*seeds), 5*math.Sqrt((1/(p*p)-1)/(n*seeds)); math.Abs(mean-1) > bound {
		t.Errorf("the mean of ones after two drops is %v, not 1 ± %v", mean, bound)
	}
}

// TestDareDropSeed: a stage's own seed goes before the recipe's, 0 included.
func TestDareDropSeed(t *testing.T) {
	d := drawn{[]string{"a"}, map[string]flow{"a": kindOf{shapes, 4, 1, adapter.F32, normal(1)}.make("a")}}
	for _, seed := range []byte{0, 9} {
		out := play(t, d.flows, fmt.Sprintf("m: {dare-drop: a, density: 0.3, seed: %d}", seed))
		d.check(t, out, 1e-6, func(at place, xs [][]float64) [][]float64 {
			return [][]float64{dropped(xs[0], chances(seed, "a", at), 0.3, "inverse-density")}
		})
	}
}

// TestDareDropAlone: adding an adapter, a module, or leaving one out changes no
// other mask.
func TestDareDropAlone(t *testing.T) {
	k := kindOf{shapes, 4, 1, adapter.F32, normal(1)}
	a, b := k.make("a"), k.make("b")
	const verb = "density: 0.5}"
	together := play(t, map[string]flow{"a": a, "b": b}, "m: {dare-drop: [b, a], "+verb)
	alone := play(t, map[string]flow{"a": a.without(gap)}, "m: {dare-drop: a, "+verb)
	for _, module := range alone.Union() {
		x, y := together.at[module][1], alone.at[module][0]
		if !slices.Equal(x.A.Data, y.A.Data) || !slices.Equal(x.B.Data, y.B.Data) {
			t.Errorf("%s: another adapter or module changed the mask", module)
		}
	}
}

// TestDareDropStatistics: of n elements density·n stay, within five standard
// deviations √(n·p·(1−p)), and two tensors of one shape are masked apart: they agree
// in p²+(1−p)² of their elements.
func TestDareDropStatistics(t *testing.T) {
	const n, p = 40_000, 0.3
	k := kindOf{[]shape{{"x", adapter.Linear, 1, n}, {"y", adapter.Linear, 1, n}}, 1, 1, adapter.F32, func(x []float32) {
		for i := range x {
			x[i] = 1
		}
	}}
	out := play(t, map[string]flow{"a": k.make("a"), "b": k.make("b")}, fmt.Sprintf("m: {dare-drop: [a, b], density: %v}", p))
	first := out.at["x"][0].A.Data
	for _, other := range [][]float32{out.at["x"][1].A.Data, out.at["y"][0].A.Data} {
		stays, agrees := 0, 0
		for i := range other {
			if other[i] != 0 {
				stays++
			}
			if (other[i] != 0) == (first[i] != 0) {
				agrees++
			}
		}
		if off := math.Abs(float64(stays) - n*p); off > 5*math.Sqrt(n*p*(1-p)) {
			t.Errorf("%d of %d stay at density %v", stays, n, p)
		}
		q := p*p + (1-p)*(1-p)
		if off := math.Abs(float64(agrees) - n*q); off > 5*math.Sqrt(n*q*(1-q)) {
			t.Errorf("two masks agree in %d of %d elements; independent ones would in %v", agrees, n, n*q)
		}
	}
}

// TestDareDropByDisagreement: an element stays only where all n signs are equal.
func TestDareDropByDisagreement(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawAdapters(t, rapid.IntRange(1, 4).Draw(t, "adapters"), coarse)
		out := play(t, d.flows, fmt.Sprintf("m: {dare-drop: %s, by: disagreement}", d.list()))
		d.check(t, out, 0, func(_ place, xs [][]float64) [][]float64 {
			want := make([][]float64, len(xs))
			for i := range xs {
				want[i] = slices.Clone(xs[i])
				for e := range xs[i] {
					if slices.ContainsFunc(xs, func(x []float64) bool { return sign(x[e]) != sign(xs[0][e]) }) {
						want[i][e] = 0
					}
				}
			}
			return want
		})
	})
}

func TestDareDropRefused(t *testing.T) {
	inputs := map[string]flow{"a": flowOf("a", []float32{1})}
	for _, c := range []struct{ line, text, remedy string }{
		{"m: {dare-drop: a}", "needs a density", "density: 0.5"},
		{"m: {dare-drop: a, by: disagreement, density: 0.5}", "takes no density", "drop at random"},
		{"m: {dare-drop: a, by: disagreement, seed: 5}", "takes no seed", "drop at random"},
		{"m: {dare-drop: a, by: disagreement, rescale: l1}", "takes no rescale", "drop at random"},
		{"m: {dare: a, like: article, density: 0.5}", "takes no density", "drop at random"},
	} {
		_, err := newCourse(inputs, 1).play(c.line)
		wantFault(t, err, 5, c.text, c.remedy)
	}
}
