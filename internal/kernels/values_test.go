package kernels

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

var negativeZero = float32(math.Copysign(0, -1))

// specials are the numbers at which arithmetic takes another way.
var specials = []float32{
	0, negativeZero, 1, -1,
	math.SmallestNonzeroFloat32, -math.SmallestNonzeroFloat32,
	0x1p-126, -0x1p-126, 0x1p-24, -0x1p-14, 0x1.004p-1, 65504, 65520,
	math.MaxFloat32, -math.MaxFloat32,
	float32(math.Inf(1)), float32(math.Inf(-1)),
	math.Float32frombits(0x7fc00000), math.Float32frombits(0xffc12345),
	math.Float32frombits(0x7f800001), math.Float32frombits(0xff87fffe),
}

// mixed draws numbers as training leaves them, every fourth a special.
func mixed(random *rand.Rand, n int) []float32 {
	x := normal(random, n)
	for i := range x {
		if random.IntN(4) == 0 {
			x[i] = specials[random.IntN(len(specials))]
		}
	}
	return x
}

// finite replaces what is NaN or ±Inf.
func finite(x []float32) []float32 {
	for i, v := range x {
		if v-v != 0 {
			x[i] = 0.5
		}
	}
	return x
}

func anyFinite() *rapid.Generator[float32] {
	return rapid.OneOf(rapid.Float32Range(-4, 4), rapid.SampledFrom(specials[:13]))
}

// anyInputs draws 1 to 5 inputs of one length and a weight for each.
func anyInputs(t *rapid.T) (xs [][]float32, ws []float32) {
	n := rapid.IntRange(1, 5).Draw(t, "inputs")
	length := rapid.IntRange(0, 40).Draw(t, "length")
	for range n {
		xs = append(xs, rapid.SliceOfN(anyFinite(), length, length).Draw(t, "x"))
	}
	return xs, rapid.SliceOfN(rapid.Float32Range(-2, 2), n, n).Draw(t, "weights")
}

// column returns element i of every input.
func column(xs [][]float32, i int) []float32 {
	var values []float32
	for _, x := range xs {
		values = append(values, x[i])
	}
	return values
}

type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// sameBits fails unless got and want are equal bit for bit.
func sameBits(t fataler, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("got %d elements, want %d", len(got), len(want))
	}
	for i := range want {
		g, w := math.Float32bits(got[i]), math.Float32bits(want[i])
		if g != w {
			t.Fatalf("element %d of %d: got %v (%#08x), want %v (%#08x)", i, len(want), got[i], g, want[i], w)
		}
	}
}

func mustPanic(t *testing.T, name string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if recover() == nil {
			t.Errorf("%s does not panic", name)
		}
	}()
	f()
}
