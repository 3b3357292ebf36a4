package stats_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/loramerge/loramerge/internal/stats"
)

// values draws scores of documents, or weights: multiples of a millionth, as scores are. The
// squares of numbers near 1e-162 have no digits left.
func values(t *rapid.T, n int, low, high float64, name string) []float64 {
	millionths := rapid.Map(rapid.Float64Range(low, high), func(x float64) float64 { return math.Round(1e6*x) / 1e6 })
	return rapid.SliceOfN(millionths, n, n).Draw(t, name)
}

func close9(t *rapid.T, what string, got, want float64) {
	if !(math.Abs(got-want) <= 1e-9*max(1, math.Abs(want))) {
		t.Errorf("%s: %.15g, want %.15g", what, got, want)
	}
}

// textbook is s/√n, and the mean.
func textbook(x []float64) (mean, se float64) {
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		se += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(se / float64(len(x)-1) / float64(len(x)))
}

// TestTextbook: the errors by influence are those of the formulas in use, of a mean, of a paired
// difference, and of a quotient of means.
func TestTextbook(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 40).Draw(t, "n")
		a, b := values(t, n, -3, 3, "a"), values(t, n, -3, 3, "b")
		mean, se := textbook(a)
		x, y := stats.Mean(a, nil), stats.Mean(b, nil)
		close9(t, "mean", x.Value, mean)
		close9(t, "SE", x.SE(), se)
		mean, se = textbook(minus(a, b))
		close9(t, "difference", x.Minus(y).Value, mean)
		close9(t, "its SE", x.Minus(y).SE(), se)
		close9(t, "turned", y.Negated().Minus(x.Negated()).Value, mean)
		if math.Abs(y.Value) < 0.1 {
			return
		}
		r := x.Value / y.Value
		u := make([]float64, n)
		for i := range u {
			u[i] = a[i] - r*b[i]
		}
		_, se = textbook(u)
		// Of variances that cancel, half the digits are left.
		if got, want := stats.QuotientOf(x, y).SE(), se/math.Abs(y.Value); math.Abs(got-want) > 1e-5 || (want > 0.01 && math.Abs(got-want) > 1e-9*(1+r*r)) {
			t.Errorf("SE of a quotient: %.15g, want %.15g", got, want)
		}
	})
}

// TestWeights: equal weights are none, whatever they are, and a document of weight 2 has the mean
// of two documents.
func TestWeights(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 20).Draw(t, "n")
		x := values(t, n, -3, 3, "x")
		w := make([]float64, n)
		for i := range w {
			w[i] = 7.5
		}
		plain, same := stats.Mean(x, nil), stats.Weighted(x, w, nil)
		close9(t, "mean", same.Value, plain.Value)
		close9(t, "SE", same.SE(), plain.SE())
		w[0] = 15
		twice := stats.Mean(append(slices.Clone(x), x[0]), nil)
		close9(t, "mean with one twice", stats.Weighted(x, w, nil).Value, twice.Value)
	})
}

// TestClusters: clusters whose documents are alike are worth one document each.
func TestClusters(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 20).Draw(t, "clusters")
		size := rapid.IntRange(1, 4).Draw(t, "size")
		x := values(t, n, -3, 3, "x")
		var all []float64
		var design stats.Design
		for i, v := range x {
			for range size {
				all, design.Clusters = append(all, v), append(design.Clusters, i)
			}
		}
		want, got := stats.Mean(x, nil), stats.Mean(all, &design)
		close9(t, "mean", got.Value, want.Value)
		close9(t, "SE", got.SE(), want.SE())
		if got.Degrees() != n-1 || got.Documents() != n*size {
			t.Errorf("%d degrees of freedom of %d clusters, %d documents", got.Degrees(), n, got.Documents())
		}
	})
}

// TestNoDesign: documents without a design are as those of clusters of one, to the last bit.
func TestNoDesign(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 20).Draw(t, "n")
		x, y := values(t, n, -3, 3, "x"), values(t, n, -3, 3, "y")
		a, b := stats.Mean(x, nil), stats.Mean(x, new(stats.Design))
		got, want := a.Cov(stats.Mean(y, nil)), b.Cov(stats.Mean(y, nil))
		if math.Float64bits(got) != math.Float64bits(want) && !(math.IsNaN(got) && math.IsNaN(want)) {
			t.Errorf("%g, want %g", got, want)
		}
		if n > 0 && a.Degrees() != b.Degrees() {
			t.Errorf("%d degrees of freedom, want %d", a.Degrees(), b.Degrees())
		}
	})
}

// TestPerplexity: the difference of logarithms is the ratio of perplexities, and to first order the
// error of e^V is e^V times as large.
func TestPerplexity(t *testing.T) {
	loss := stats.Mean([]float64{1, 1.1, 0.9, 1.3}, nil)
	if got, want := loss.Exp().SE(), math.Exp(loss.Value)*loss.SE(); math.Abs(got-want) > 1e-12 || loss.Exp().Value != math.Exp(loss.Value) {
		t.Errorf("%g ± %g, want ± %g", loss.Exp().Value, got, want)
	}
}

// TestFieller: the ends of the interval are where the null hypothesis X − R·Y = 0 is just
// rejected, which is what defines them.
func TestFieller(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(3, 30).Draw(t, "n")
		x, y := stats.Mean(values(t, n, -1, 1, "x"), nil), stats.Mean(values(t, n, 0, 2, "y"), nil)
		critical := stats.Critical(0.95, n-1)
		q := stats.QuotientOf(x, y)
		bounds, g := q.Fieller(critical)
		if (g < 1) != (y.Value > critical*y.SE()) {
			t.Errorf("g is %g of %g ± %g", g, y.Value, y.SE())
		}
		if bounds.Known() != (g < 1) {
			t.Errorf("%+v with g = %g", bounds, g)
		}
		if !bounds.Known() || g > 0.9 { // close to 1 the ends fly away, and their digits with them
			return
		}
		for _, r := range []float64{bounds.Lower, bounds.Upper} {
			variance := q.VarX - 2*r*q.CovXY + r*r*q.VarY
			if got := math.Abs(q.X - r*q.Y); math.Abs(got-critical*math.Sqrt(max(0, variance))) > 1e-6*(1+math.Abs(r)) {
				t.Errorf("at %g the distance is %g, and %g standard errors", r, got, critical)
			}
		}
		if r := q.Value(); r < bounds.Lower || r > bounds.Upper {
			t.Errorf("%g is outside %+v", r, bounds)
		}
	})
}

// TestNothingKnown: what says nothing about the next document bounds nothing.
func TestNothingKnown(t *testing.T) {
	for name, e := range map[string]stats.Estimate{
		"no document":  stats.Mean(nil, nil),
		"one document": stats.Mean([]float64{1}, nil),
		"all equal":    stats.Mean([]float64{1, 1, 1}, nil),
		"one cluster":  stats.Mean([]float64{1, 2, 3}, &stats.Design{Clusters: []int{4, 4, 4}}),
		"not a number": stats.Mean([]float64{1, math.NaN()}, nil),
		"infinite":     stats.Mean([]float64{1, math.Inf(1)}, nil),
	} {
		if got := e.Bounds(0.95); got.Known() {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if n, ok := stats.Needed(0.4, 0, 0.95); ok {
		t.Errorf("%d documents decide a margin of 0", n)
	}
}

// TestCritical against values of the tables (Abramowitz and Stegun, 26.10; one degree of
// freedom is tan(π(p − ½))), and its order.
func TestCritical(t *testing.T) {
	for _, c := range []struct {
		confidence float64
		degrees    int
		want       float64
	}{{0.75, 1, 1}, {0.95, 1, 6.314}, {0.95, 2, 2.920}, {0.975, 4, 2.776}, {0.995, 10, 3.169}, {0.95, 120, 1.658}, {0.95, 0, 1.645}, {0.5, 7, 0}, {0.9995, 3, 12.924}} {
		if got := stats.Critical(c.confidence, c.degrees); math.Abs(got-c.want) > 6e-4 {
			t.Errorf("t(%g; %d) = %.4f, want %.3f", c.confidence, c.degrees, got, c.want)
		}
	}
	if t10, z := stats.Critical(0.95, 1e7), stats.Critical(0.95, 0); math.Abs(t10-z) > 1e-6 {
		t.Errorf("%g with many degrees of freedom, %g of the normal distribution", t10, z)
	}
}

// TestUnseen: with that rate, nothing is seen with a probability of one less the confidence.
func TestUnseen(t *testing.T) {
	for _, n := range []int{1, 20, 300, 100000} {
		rate := stats.Unseen(n, 0.95)
		if got := math.Pow(1-rate, float64(n)); math.Abs(got-0.05) > 1e-9 || rate > 3/float64(n) {
			t.Errorf("%d: rate %g, seen in none with %g", n, rate, got)
		}
	}
}

// TestMcNemar against sums of binomial coefficients.
func TestMcNemar(t *testing.T) {
	for _, c := range []struct {
		first, second int
		want          float64
	}{{0, 0, 1}, {1, 0, 1}, {5, 5, 1}, {0, 8, 2. / 256}, {10, 2, 2 * 79. / 4096}} {
		if got := stats.McNemar(c.first, c.second); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%d : %d gives %g, want %g", c.first, c.second, got, c.want)
		}
	}
}

// TestResamples: a stream is its names', it repeats, and it takes every document alike.
func TestResamples(t *testing.T) {
	draw := func(names ...string) []int {
		var all []int
		for at := range stats.Resamples(5, 2000, names...) {
			all = append(all, at...)
		}
		return all
	}
	first := draw("math", "acc")
	if !slices.Equal(first, draw("math", "acc")) || slices.Equal(first, draw("math", "f1")) || slices.Equal(first, draw("mathacc")) {
		t.Error("streams do not follow from their names")
	}
	count := make([]int, 5)
	for _, i := range first {
		count[i]++
	}
	for i, n := range count {
		if math.Abs(float64(n)-2000) > 5*math.Sqrt(2000*0.8) {
			t.Errorf("document %d was drawn %d times of 2000 expected", i, n)
		}
	}
	for range stats.Resamples(5, 10, "ends") {
		break
	}
}

func TestQuantile(t *testing.T) {
	for _, c := range []struct {
		values  []float64
		p, want float64
	}{{[]float64{3}, 0.5, 3}, {[]float64{4, 1, 3, 2}, 0.5, 2.5}, {[]float64{1, 2}, 0.25, 1.25}, {[]float64{1, 2}, 1, 2}, {[]float64{2, 1}, 0, 1}} {
		if got := stats.Quantile(c.values, c.p); got != c.want {
			t.Errorf("the %g-quantile of %v is %g, want %g", c.p, c.values, got, c.want)
		}
	}
	if got := stats.Quantile(nil, 0.5); !math.IsNaN(got) {
		t.Errorf("of nothing: %g", got)
	}
}

// TestFront: equal points stay together, and what is not a number is in no front.
func TestFront(t *testing.T) {
	points := [][]float64{{1, 2}, {2, 1}, {1, 2}, {1, 1}, {math.NaN(), 9}}
	if got := stats.Front(points); !slices.Equal(got, []int{0, 1, 2}) {
		t.Errorf("%v", got)
	}
}
