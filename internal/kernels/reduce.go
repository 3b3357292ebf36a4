package kernels

import "math"

// lanes is how many partial sums a reduction keeps. It is part of the result.
const lanes = 16

// Sum returns Σ xᵢ in float64, in the fixed order of this package.
func Sum(x []float32) float64 { return pairwise(current.sum(x)) }

// SumAbs returns Σ |xᵢ|, the l1 norm, in float64, in the fixed order of this package.
func SumAbs(x []float32) float64 { return pairwise(current.sumAbs(x)) }

// SumSquares returns Σ xᵢ², the square of the l2 norm, in float64, in the fixed
// order of this package.
func SumSquares(x []float32) float64 { return pairwise(current.dot(x, x)) }

// Dot returns Σ xᵢ·yᵢ in float64, in the fixed order of this package.
func Dot(x, y []float32) float64 {
	mustMatch("Dot", len(x), len(y))
	return pairwise(current.dot(x, y))
}

// pairwise adds lane i+8 to lane i, then i+4 to i, i+2 to i, and 1 to 0.
func pairwise(lane [lanes]float64) float64 {
	for half := lanes / 2; half > 0; half /= 2 {
		for i := range half {
			lane[i] += lane[i+half]
		}
	}
	return lane[0]
}

func sum(x []float32) (lane [lanes]float64) {
	for len(x) >= lanes {
		for i, v := range x[:lanes] {
			lane[i] += float64(v)
		}
		x = x[lanes:]
	}
	for i, v := range x {
		lane[i] += float64(v)
	}
	return lane
}

func sumAbs(x []float32) (lane [lanes]float64) {
	for len(x) >= lanes {
		for i, v := range x[:lanes] {
			lane[i] += math.Abs(float64(v))
		}
		x = x[lanes:]
	}
	for i, v := range x {
		lane[i] += math.Abs(float64(v))
	}
	return lane
}

// dot needs no care against fusing: the product of two float32 is exact in
// float64.
func dot(x, y []float32) (lane [lanes]float64) {
	for len(x) >= lanes && len(y) >= lanes {
		other := y[:lanes]
		for i, v := range x[:lanes] {
			lane[i] += float64(v) * float64(other[i])
		}
		x, y = x[lanes:], y[lanes:]
	}
	for i, v := range x {
		lane[i] += float64(v) * float64(y[i])
	}
	return lane
}
