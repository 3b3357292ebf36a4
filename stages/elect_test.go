package stages_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// sign is −1, 0 or 1.
func sign(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	default:
		return 0
	}
}

// elected zeroes every element whose sign, turned by a weight below 0, is not that of the
// vote: Σwᵢxᵢ, or with frequency Σsign(xᵢ). A vote of 0 is a tie.
func elected(xs [][]float64, weights []float64, frequency bool, tie string) [][]float64 {
	votes := combined(xs, weights...)
	if frequency {
		signs := make([][]float64, len(xs))
		for i := range xs {
			signs[i] = mapped(xs[i], sign)
		}
		votes = combined(signs, weights...)
	}
	majority := 0.0
	for _, v := range votes {
		majority += sign(v)
	}
	out := make([][]float64, len(xs))
	for i := range xs {
		out[i] = slices.Clone(xs[i])
		for e, v := range votes {
			winner := settle(v, majority, tie)
			if weights[i] < 0 {
				winner = -winner
			}
			if sign(xs[i][e]) != winner {
				out[i][e] = 0
			}
		}
	}
	return out
}

// settle is the sign that a vote elects.
func settle(vote, majority float64, tie string) float64 {
	switch {
	case vote != 0 || tie == "drop":
		return sign(vote)
	case tie == "positive":
		return 1
	default:
		return sign(majority)
	}
}

func TestElect(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawAdapters(t, rapid.IntRange(1, 4).Draw(t, "adapters"), coarse)
		tie := rapid.SampledFrom([]string{"drop", "positive", "majority"}).Draw(t, "tie")
		ones := slices.Repeat([]float64{1}, len(d.names))
		switch rapid.SampledFrom([]string{"total", "frequency", "weights"}).Draw(t, "by") {
		case "total":
			out := play(t, d.flows, fmt.Sprintf("m: {elect: %s, tie: %s}", d.list(), tie))
			d.check(t, out, 0, func(_ place, xs [][]float64) [][]float64 { return elected(xs, ones, false, tie) })
		case "frequency":
			out := play(t, d.flows, fmt.Sprintf("m: {elect: %s, by: frequency, tie: %s}", d.list(), tie))
			d.check(t, out, 0, func(_ place, xs [][]float64) [][]float64 { return elected(xs, ones, true, tie) })
		default:
			weights, table := d.drawWeights(t, 0.25, 0.5, 1, 2, 0, -1)
			out := play(t, d.flows, fmt.Sprintf("m: {elect: %s, weights: %s, tie: %s}", d.list(), table, tie))
			d.check(t, out, 0, func(_ place, xs [][]float64) [][]float64 { return elected(xs, weights, false, tie) })
		}
	})
}

// TestElectTable: the three answers to a vote of exactly 0, counted by hand. Of the
// five votes two are ties, two are − and one is +.
func TestElectTable(t *testing.T) {
	a, b := []float32{1, 2, -2, -1, 3}, []float32{-1, -2, -2, -1, 1}
	for tie, want := range map[string][2][]float64{
		"drop":     {{0, 0, -2, -1, 3}, {0, 0, -2, -1, 1}},
		"positive": {{1, 2, -2, -1, 3}, {0, 0, -2, -1, 1}},
		"majority": {{0, 0, -2, -1, 3}, {-1, -2, -2, -1, 1}},
	} {
		out := play(t, map[string]flow{"a": flowOf("a", a), "b": flowOf("b", b)}, "m: {elect: [a, b], tie: "+tie+"}")
		for i := range want {
			if got := float64s(out.at["m"][i].A.Data); !slices.Equal(got, want[i]) {
				t.Errorf("%s: adapter %d is %v, want %v", tie, i, got, want[i])
			}
		}
	}
}

// TestElectKeepsZeros: an element that is −0 agrees with every vote, bit for bit.
func TestElectKeepsZeros(t *testing.T) {
	minus := float32(math.Copysign(0, -1))
	out := play(t, map[string]flow{"a": flowOf("a", []float32{minus, minus}), "b": flowOf("b", []float32{1, -1})}, "m: {elect: [a, b]}")
	for _, x := range out.at["m"][0].A.Data {
		if math.Float32bits(x) != math.Float32bits(minus) {
			t.Errorf("−0 became %x", math.Float32bits(x))
		}
	}
}

func TestElectRefused(t *testing.T) {
	inputs := map[string]flow{"a": flowOf("a", []float32{1}), "b": flowOf("b", []float32{1})}
	_, err := newCourse(inputs, 1).play("m: {elect: [a, b], by: frequency, weights: {a: 1, b: 2}}")
	wantFault(t, err, 6, "has no weights", "elect by total")
	_, err = newCourse(inputs, 1).play("m: {elect: [a, b], weights: {a: 1}}")
	wantFault(t, err, 6, `no value for adapter "b"`, "default")
}
