package kernels

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestTiesByHand follows figure 1 of arXiv:2306.01708 on five elements: trim
// below 1, elect, mean.
func TestTiesByHand(t *testing.T) {
	xs := [][]float32{
		{4, -3, 0.5, 2, 1},
		{2, 1, 3, -2, 0.5},
		{-1, -1, 0.9, 0.1, 2},
	}
	rule := TiesRule{Thresholds: ones(3), Votes: ones(3), Weights: ones(3), Over: OverAgreeing}
	got := make([]float32, 5)
	Ties(got, xs, rule)
	sameBits(t, got, []float32{3, -2, 3, 0, 1.5})
	rule.Tie = TieNegative
	Ties(got, xs, rule)
	sameBits(t, got, []float32{3, -2, 3, -2, 1.5})
	rule.Over, rule.Divisor = OverAll, 3
	Ties(got, xs, rule)
	sameBits(t, got, []float32{2, float32(-4.) / 3, 1, float32(-2.) / 3, 1})
}

func TestTiesIsItsParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		xs, ws := anyInputs(t)
		rule := anyTiesRule(t, ws)
		want := composed(xs, rule)
		dst := make([]float32, len(xs[0]))
		if rapid.Bool().Draw(t, "in place") {
			dst = rapid.SampledFrom(xs).Draw(t, "dst")
		}
		Ties(dst, xs, rule)
		sameBits(t, dst, want)
	})
}

func anyTiesRule(t *rapid.T, ws []float32) TiesRule {
	return TiesRule{
		Votes:      rapid.SliceOfN(rapid.Float32Range(-1, 2), len(ws), len(ws)).Draw(t, "votes"),
		Thresholds: rapid.SliceOfN(rapid.Float32Range(0, 2), len(ws), len(ws)).Draw(t, "thresholds"),
		Weights:    ws,
		Tie:        rapid.SampledFrom([]Tie{TieDrop, TiePositive, TieNegative}).Draw(t, "tie"),
		Over:       rapid.SampledFrom([]Over{OverAll, OverAgreeing, OverWeights}).Draw(t, "over"),
		Divisor:    rapid.Float32Range(0.5, 4).Draw(t, "divisor"),
	}
}

// composed is what the documentation of Ties says it equals.
func composed(xs [][]float32, rule TiesRule) []float32 {
	var kept [][]float32
	for i, x := range xs {
		kept = append(kept, slices.Clone(x))
		Trim(kept[i], kept[i], rule.Thresholds[i])
	}
	votes := make([]float32, len(xs[0]))
	Combine(votes, kept, rule.Votes)
	switch rule.Tie {
	case TiePositive:
		BreakTies(votes, 1)
	case TieNegative:
		BreakTies(votes, -1)
	}
	for _, x := range kept {
		Agree(x, x, votes)
	}
	switch rule.Over {
	case OverAgreeing:
		MeanAgreeing(votes, kept, rule.Weights)
	case OverWeights:
		MeanWeights(votes, kept, rule.Weights)
	default:
		Combine(votes, kept, rule.Weights)
		Divide(votes, votes, rule.Divisor)
	}
	return votes
}

// TestTiesOverManyBlocks crosses the borders of the blocks.
func TestTiesOverManyBlocks(t *testing.T) {
	data := newBenchData()
	n := 3*blockLength + 5
	xs := make([][]float32, len(data.xs))
	window(xs, data.xs, 0, n)
	got := make([]float32, n)
	Ties(got, xs, data.rule)
	sameBits(t, got, composed(xs, data.rule))
}
