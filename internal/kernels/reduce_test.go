package kernels

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestReductionsKeepTheirOrder writes the order of summation out once more, so
// that no change of it goes unnoticed.
func TestReductionsKeepTheirOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for n := range 100 {
		x, y := finite(mixed(random, n)), finite(mixed(random, n))
		for _, test := range []struct {
			name string
			got  float64
			term func(i int) float64
		}{
			{"SumAbs", SumAbs(x), func(i int) float64 { return math.Abs(float64(x[i])) }},
			{"SumSquares", SumSquares(x), func(i int) float64 { return float64(x[i]) * float64(x[i]) }},
			{"Dot", Dot(x, y), func(i int) float64 { return float64(x[i]) * float64(y[i]) }},
		} {
			if want := inLanes(n, test.term); test.got != want {
				t.Fatalf("%s of %d: got %v, want %v", test.name, n, test.got, want)
			}
		}
	}
}

func inLanes(n int, term func(i int) float64) float64 {
	var l [16]float64
	for i := range n {
		l[i%16] += term(i)
	}
	return (((l[0] + l[8]) + (l[4] + l[12])) + ((l[2] + l[10]) + (l[6] + l[14]))) +
		(((l[1] + l[9]) + (l[5] + l[13])) + ((l[3] + l[11]) + (l[7] + l[15])))
}

func TestSumIsWiderThanFloat32(t *testing.T) {
	x := []float32{1 << 24, 1, 1, 1}
	if got := SumAbs(x); got != 1<<24+3 {
		t.Errorf("got %v, want %v", got, 1<<24+3)
	}
}
