package stats_test

import (
	"math"
	"testing"

	"github.com/loramerge/loramerge/internal/stats"
)

// TestExpectedMax: the closed forms of few numbers (Jones, "Approximating integrals for order
// statistics", 1948), and of more of them the integral over Φ as Python's math.erfc gives it, by
// 400,000 steps.
func TestExpectedMax(t *testing.T) {
	pi := math.Pi
	for k, want := range map[int]float64{1: 0, 2: 1 / math.Sqrt(pi), 3: 1.5 / math.Sqrt(pi),
		4: 3 / math.Sqrt(pi) * (0.5 + math.Asin(1./3)/pi), 5: 5 / math.Sqrt(pi) * (0.25 + 1.5*math.Asin(1./3)/pi)} {
		near(t, "closed form", stats.ExpectedMax(k), want)
	}
	for k, want := range map[int]float64{10: 1.5387527308350015, 60: 2.319278207239081, 200: 2.7460424474508534, 1000: 3.2414357691331377, 100000: 4.38431940310728} {
		near(t, "integral", stats.ExpectedMax(k), want)
	}
}

// TestMover: of symmetric bounds it is ±√Σw²SE², and bounds that are not keep their shape.
func TestMover(t *testing.T) {
	a, b := stats.Bounds(0.5, 0.03, 2), stats.Bounds(0.2, 0.04, 2)
	got := stats.Mover([]float64{1, -1}, []float64{0.5, 0.2}, []stats.Interval{a, b})
	ends(t, "difference", got, [2]float64{0.3 - 0.1, 0.3 + 0.1})
	got = stats.Mover([]float64{0.5, 0.5}, []float64{0.5, 0.2}, []stats.Interval{a, b})
	ends(t, "mean", got, [2]float64{0.35 - 0.05, 0.35 + 0.05})
	skew := stats.Interval{Lower: 0.47, Upper: 0.9}
	got = stats.Mover([]float64{1, -1}, []float64{0.5, 0.5}, []stats.Interval{skew, {Lower: 0.46, Upper: 0.54}})
	ends(t, "skew", got, [2]float64{-0.05, math.Hypot(0.4, 0.04)})
	got = stats.Mover([]float64{1, -1}, []float64{0.5, 0.5}, []stats.Interval{{Lower: 0.46, Upper: 0.54}, skew})
	ends(t, "skew, taken away", got, [2]float64{-math.Hypot(0.4, 0.04), 0.05})
}

// TestDiscordant: a bound touches 0 just where the exact binomial test of a fair coin does,
// and turning the adapters around turns the interval around.
func TestDiscordant(t *testing.T) {
	const n = 100
	for first := range 25 {
		for second := range 25 {
			if first+second == 0 {
				continue
			}
			i := stats.Discordant(first, second, n, 0.975)
			ends(t, "turned", stats.Discordant(second, first, n, 0.975), [2]float64{-i.Upper, -i.Lower})
			if significant := first > second && stats.McNemar(first, second) < 0.05; significant != (i.Lower > 0) {
				t.Errorf("%d and %d: %+v, though McNemar's test gives %g", first, second, i, stats.McNemar(first, second))
			}
			if d := float64(first-second) / n; !(i.Lower <= d && d <= i.Upper) {
				t.Errorf("%d and %d: %+v does not hold %g", first, second, i, d)
			}
		}
	}
	// Six to none: 0.025^(1/6) is the bound of Clopper and Pearson.
	near(t, "six to none", stats.Discordant(6, 0, n, 0.975).Lower, (2*math.Pow(0.025, 1./6)-1)*0.06)
	near(t, "six to none, upper", stats.Discordant(6, 0, n, 0.975).Upper, 0.06)
}
