package kernels

import (
	"testing"

	"pgregory.net/rapid"
)

func TestMeans(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		xs, ws := anyInputs(t)
		agreeing, weighted := make([]float32, len(xs[0])), make([]float32, len(xs[0]))
		MeanAgreeing(agreeing, xs, ws)
		MeanWeights(weighted, xs, ws)
		for i := range xs[0] {
			numerator := weightedSum(column(xs, i), ws)
			count, weight := nonzeroSums(column(xs, i), ws)
			want := []float32{numerator, numerator * 0}
			if count != 0 {
				want[0] = numerator / count
			}
			if weight != 0 {
				want[1] = numerator / weight
			}
			sameBits(t, []float32{agreeing[i], weighted[i]}, want)
		}
	})
}

// nonzeroSums counts the values that are not 0 and adds their weights.
func nonzeroSums(values, ws []float32) (count, weight float32) {
	for i, v := range values {
		if v != 0 {
			count++
			weight += ws[i]
		}
	}
	return count, weight
}

func TestMeanOfOpposedWeights(t *testing.T) {
	xs := [][]float32{{3, negativeZero}, {-2, negativeZero}}
	got := make([]float32, 2)
	MeanWeights(got, xs, []float32{-1, 1})
	sameBits(t, got, []float32{negativeZero, 0})
	MeanAgreeing(got, xs, []float32{-1, 1})
	sameBits(t, got, []float32{-2.5, 0})
}
