package kernels

import "math"

// lanes is how many partial sums a reduction keeps. It is part of the result.
const lanes = 16

// SumAbs returns Σ |xᵢ|, the l1 norm, in float64, in the fixed order of this package.
func SumAbs(x []float32) float64 {
	var lane [lanes]float64
	current.sumAbs(&lane, x)
	return pairwise(lane)
}

// SumSquares returns Σ xᵢ², the square of the l2 norm, in float64, in the fixed
// order of this package.
func SumSquares(x []float32) float64 { return Dot(x, x) }

// Dot returns Σ xᵢ·yᵢ in float64, in the fixed order of this package.
func Dot(x, y []float32) float64 {
	mustMatch("Dot", len(x), len(y))
	var lane [lanes]float64
	current.dot(&lane, x, y)
	return pairwise(lane)
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

func sumAbs(lane *[lanes]float64, x []float32) {
	for len(x) >= lanes {
		for i, v := range x[:lanes] {
			lane[i] += math.Abs(float64(v))
		}
		x = x[lanes:]
	}
	for i, v := range x {
		lane[i] += math.Abs(float64(v))
	}
}

// dot needs no care against fusing: the product of two float32 is exact in
// float64. It goes through the elements twice, for as many lanes as fit registers.
func dot(lane *[lanes]float64, x, y []float32) {
	whole := len(x) / lanes * lanes
	for half := 0; half < lanes; half += lanes / 2 {
		l := (*[lanes / 2]float64)(lane[half:])
		dotHalf(l, x[min(half, whole):whole], y[min(half, whole):whole])
	}
	for i, v := range x[whole:] {
		lane[i] += float64(v) * float64(y[whole+i])
	}
}

// dotHalf adds the first 8 products of every 16.
func dotHalf(l *[lanes / 2]float64, x, y []float32) {
	l0, l1, l2, l3, l4, l5, l6, l7 := l[0], l[1], l[2], l[3], l[4], l[5], l[6], l[7]
	for len(x) >= lanes/2 && len(y) >= lanes/2 {
		a, b := (*[lanes / 2]float32)(x), (*[lanes / 2]float32)(y)
		l0 += float64(a[0]) * float64(b[0])
		l1 += float64(a[1]) * float64(b[1])
		l2 += float64(a[2]) * float64(b[2])
		l3 += float64(a[3]) * float64(b[3])
		l4 += float64(a[4]) * float64(b[4])
		l5 += float64(a[5]) * float64(b[5])
		l6 += float64(a[6]) * float64(b[6])
		l7 += float64(a[7]) * float64(b[7])
		x, y = x[min(lanes, len(x)):], y[min(lanes, len(y)):]
	}
	*l = [lanes / 2]float64{l0, l1, l2, l3, l4, l5, l6, l7}
}
