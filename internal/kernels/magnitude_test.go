package kernels

import (
	"math"
	"testing"
)

func TestMaxAbs(t *testing.T) {
	nan := math.Float32frombits(0xffc00007)
	for _, test := range []struct {
		name string
		x    []float32
		want float32
	}{
		{"nothing", nil, 0},
		{"negative zero", []float32{negativeZero}, 0},
		{"the largest is negative", []float32{1, -3, 2}, 3},
		{"the largest is last", []float32{1, 2, 3, 4, 5, 6, 7, 8, -9}, 9},
		{"infinity", []float32{1, float32(math.Inf(-1))}, float32(math.Inf(1))},
		{"NaN exceeds infinity", []float32{nan, float32(math.Inf(1))}, math.Float32frombits(0x7fc00007)},
	} {
		t.Run(test.name, func(t *testing.T) {
			sameBits(t, []float32{MaxAbs(test.x)}, []float32{test.want})
		})
	}
}

// TestMaxAbsAnywhere: what is not finite is found at every place of every length.
func TestMaxAbsAnywhere(t *testing.T) {
	for length := range 70 {
		x := make([]float32, length)
		for i := range x {
			x[i] = -math.MaxFloat32
		}
		if most := MaxAbs(x); most > math.MaxFloat32 {
			t.Errorf("length %d: %g is found among the largest numbers", length, most)
		}
		for i := range x {
			for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
				x[i] = float32(bad)
				if MaxAbs(x) <= math.MaxFloat32 {
					t.Errorf("length %d: %v at %d is passed over", length, bad, i)
				}
			}
			x[i] = math.SmallestNonzeroFloat32
		}
	}
}
