package kernels

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestVotesFrequency(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	tiny := float32(math.SmallestNonzeroFloat32)
	xs := [][]float32{
		{3, -3, tiny, 0, nan, inf, -1},
		{1, -tiny, 5, negativeZero, 7, -inf, -2},
		{2, 1, tiny, negativeZero, 0, inf, 4},
	}
	got := make([]float32, 7)
	VotesFrequency(got, xs)
	sameBits(t, got, []float32{3, -1, 3, 0, 1, 1, -1})
}

func TestMajority(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		votes := rapid.SliceOf(anyFinite()).Draw(t, "votes")
		want := 0.0
		for _, v := range votes {
			switch {
			case v > 0:
				want++
			case v < 0:
				want--
			}
		}
		if got := Majority(votes); got != want {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

func TestBreakTies(t *testing.T) {
	for _, sign := range []float32{1, -1} {
		votes := []float32{0, negativeZero, 2, -2, math.SmallestNonzeroFloat32}
		BreakTies(votes, sign)
		sameBits(t, votes, []float32{sign, sign, 2, -2, math.SmallestNonzeroFloat32})
	}
}
