package kernels

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestMask(t *testing.T) {
	words := []uint32{0, 1, 1 << 31, math.MaxUint32}
	x := []float32{1, -2, 3, negativeZero}
	for _, test := range []struct {
		name      string
		keepBelow uint64
		scale     float32
		want      []float32
	}{
		{"density 0", 0, 2, []float32{0, 0, 0, 0}},
		{"one word", 1, 2, []float32{2, 0, 0, 0}},
		{"density ½", 1 << 31, 2, []float32{2, -4, 0, 0}},
		{"above the sign bit", 1<<31 + 1, 1, []float32{1, -2, 3, 0}},
		{"all but the largest word", math.MaxUint32, 1, []float32{1, -2, 3, 0}},
		{"density 1", 1 << 32, 1, []float32{1, -2, 3, negativeZero}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := make([]float32, len(x))
			Mask(got, x, words, test.keepBelow, test.scale)
			sameBits(t, got, test.want)
		})
	}
}

// TestChance compares with the definition, over several seedings of the cipher
// and for parts that end anywhere.
func TestChance(t *testing.T) {
	for _, c := range classes() {
		t.Run(c.name, c.testChance)
	}
}

func (c *class) testChance(t *testing.T) {
	seed := [32]byte([]byte("a seed of thirty-two bytes, here"))
	definition := rand.New(rand.NewChaCha8(seed))
	chance := NewChance(seed)
	for _, n := range []int{1, 0, 7, 24, 31, 32, 33, 61, 62, 63, 123, 124, 125, 248, 1000, 5, 4096} {
		words := make([]uint32, n)
		chance.fill(words, c.chance)
		for i, word := range words {
			if want := definition.Uint32(); word != want {
				t.Fatalf("word %d of %d: got %#08x, want %#08x", i, n, word, want)
			}
		}
	}
}
