package kernels

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestAgree(t *testing.T) {
	tiny := float32(math.SmallestNonzeroFloat32)
	for _, test := range []struct {
		name          string
		x, vote, want float32
	}{
		{"same sign", 2, 3, 2},
		{"same sign below zero", -2, -3, -2},
		{"other sign", 2, -3, 0},
		{"other sign, dropped as +0", -2, 3, 0},
		{"no vote", 2, 0, 0},
		{"no vote of either sign", -2, negativeZero, 0},
		{"a zero keeps its bits", negativeZero, 3, negativeZero},
		{"a zero keeps its bits without a vote", negativeZero, 0, negativeZero},
		{"a NaN shows", -2, float32(math.NaN()), -2},
		{"a NaN of either sign shows", 2, math.Float32frombits(0xffc00000), 2},
		{"infinity is a vote", 2, float32(math.Inf(-1)), 0},
		{"a product that would underflow", tiny, tiny, tiny},
		{"a product that would overflow", math.MaxFloat32, -math.MaxFloat32, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := make([]float32, 1)
			Agree(got, []float32{test.x}, []float32{test.vote})
			sameBits(t, got, []float32{test.want})
		})
	}
}

func TestUnanimous(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		xs, _ := anyInputs(t)
		kept := make([][]float32, len(xs))
		for i := range kept {
			kept[i] = make([]float32, len(xs[0]))
		}
		Unanimous(kept, xs)
		for i := range xs[0] {
			values := column(xs, i)
			if len(xs) > 1 && slices.Max(values) >= 0 && slices.Min(values) <= 0 {
				dropNonzero(values)
			}
			sameBits(t, column(kept, i), values)
		}
	})
}

func dropNonzero(values []float32) {
	for i, v := range values {
		if v != 0 {
			values[i] = 0
		}
	}
}
