package kernels

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestTrim(t *testing.T) {
	nan, inf := math.Float32frombits(0xffc00007), float32(math.Inf(1))
	for _, test := range []struct {
		name      string
		threshold float32
		x, want   []float32
	}{
		{"equal magnitudes stay", 2, []float32{1, -2, 2, 3}, []float32{0, -2, 2, 3}},
		{"dropped negatives are +0", 2, []float32{-1, negativeZero}, []float32{0, 0}},
		{"zero keeps all bits", 0, []float32{negativeZero, -1}, []float32{negativeZero, -1}},
		{"a negative threshold keeps all", -3, []float32{1, negativeZero}, []float32{1, negativeZero}},
		{"denormals", 0x1p-148, []float32{0x1p-149, -0x1p-148}, []float32{0, -0x1p-148}},
		{"infinity", inf, []float32{math.MaxFloat32, -inf}, []float32{0, -inf}},
		{"NaN shows", 2, []float32{nan, 1}, []float32{nan, 0}},
	} {
		t.Run(test.name, func(t *testing.T) {
			Trim(test.x, test.x, test.threshold)
			sameBits(t, test.x, test.want)
		})
	}
}

func TestTrimAtKthMagnitudeKeepsK(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.SliceOfNDistinct(rapid.Float32Range(0.5, 2), 1, 200, rapid.ID[float32]).Draw(t, "x")
		k := rapid.IntRange(1, len(x)).Draw(t, "k")
		Trim(x, x, KthMagnitude(x, k))
		kept := 0
		for _, v := range x {
			if v != 0 {
				kept++
			}
		}
		if kept != k {
			t.Fatalf("%d of %d kept, want %d", kept, len(x), k)
		}
	})
}
