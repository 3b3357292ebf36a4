package kernels

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestScaleAddDivide(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.SliceOf(anyFinite()).Draw(t, "x")
		a := rapid.Float32Range(0.1, 8).Draw(t, "a")
		scaled, added, divided := make([]float32, len(x)), slices.Clone(x), slices.Clone(x)
		Scale(scaled, x, a)
		AddScaled(added, x, a)
		Divide(divided, divided, a)
		for i, v := range x {
			product := a * v
			want := []float32{product, v + float32(product), v / a}
			sameBits(t, []float32{scaled[i], added[i], divided[i]}, want)
		}
	})
}

func TestCombineOneInputKeepsItsBits(t *testing.T) {
	x := finite(slices.Clone(specials))
	got := make([]float32, len(x))
	Combine(got, [][]float32{x}, []float32{1})
	sameBits(t, got, x)
}

func TestCombineAddsInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		xs, ws := anyInputs(t)
		got := make([]float32, len(xs[0]))
		Combine(got, xs, ws)
		for i := range got {
			sameBits(t, got[i:i+1], []float32{weightedSum(column(xs, i), ws)})
		}
	})
}

// weightedSum rounds each product and each sum by way of float64, where both are
// exact enough: 53 bits are more than 2·24 + 2.
func weightedSum(values, ws []float32) float32 {
	total := float32(float64(values[0]) * float64(ws[0]))
	for i := 1; i < len(values); i++ {
		product := float32(float64(values[i]) * float64(ws[i]))
		total = float32(float64(total) + float64(product))
	}
	return total
}

func TestCombineInPlace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		xs, ws := anyInputs(t)
		want := make([]float32, len(xs[0]))
		Combine(want, xs, ws)
		into := rapid.SampledFrom(xs).Draw(t, "dst")
		Combine(into, xs, ws)
		sameBits(t, into, want)
	})
}

func TestProductsAreNotFused(t *testing.T) {
	// (1+2⁻¹²)² = 1 + 2⁻¹¹ + 2⁻²⁴, whose last term a float32 rounds away and a
	// fused multiply-add keeps.
	x := []float32{1 + 0x1p-12}
	got := []float32{-(1 + 0x1p-11)}
	AddScaled(got, x, x[0])
	sameBits(t, got, []float32{0})
}
