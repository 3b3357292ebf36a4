package kernels

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// sorted returns the magnitudes, largest first, ranked by their bits.
func sorted(x []float32) []float32 {
	m := magnitudesOf(x)
	slices.Sort(m)
	slices.Reverse(m)
	s := make([]float32, len(m))
	for i, bits := range m {
		s[i] = math.Float32frombits(bits)
	}
	return s
}

func TestKthMagnitude(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.SliceOfN(rapid.OneOf(anyFinite(), rapid.SampledFrom(specials)), 1, 300).Draw(t, "x")
		k := rapid.IntRange(1, len(x)).Draw(t, "k")
		want := sorted(x)[k-1 : k]
		sameBits(t, []float32{KthMagnitude(x, k)}, want)
		sameBits(t, []float32{kthByBins(x, k)}, want)
	})
}

func TestKthMagnitudeOfMany(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for name, x := range map[string][]float32{
		"normal":    normal(random, worthBinning+3),
		"mixed":     mixed(random, worthBinning+1),
		"all equal": slices.Repeat([]float32{-0.25}, worthBinning),
	} {
		t.Run(name, func(t *testing.T) {
			want := sorted(x)
			for _, k := range []int{1, 2, len(x) / 2, len(x) - 1, len(x)} {
				sameBits(t, []float32{KthMagnitude(x, k)}, want[k-1:k])
			}
		})
	}
}

func TestKthMagnitude16(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for _, n := range []int{1, 2, 100, worthBinning16 - 1, worthBinning16, worthBinning16 + 3} {
		src, ranked := make([]byte, 2*n), make([]uint16, n)
		EncodeBF16(src, mixed(random, n))
		for i := range ranked {
			ranked[i] = binary.LittleEndian.Uint16(src[2*i:]) & 0x7fff
		}
		slices.Sort(ranked)
		for _, k := range []int{1, n/2 + 1, n} {
			if got, want := KthMagnitude16(src, k), ranked[n-k]; got != want {
				t.Errorf("%d of %d: got %#04x, want %#04x", k, n, got, want)
			}
		}
	}
}

func TestMagnitudesOverTensors(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tensors := rapid.SliceOfN(rapid.SliceOf(anyFinite()), 1, 5).Draw(t, "tensors")
		all := slices.Concat(tensors...)
		if len(all) == 0 {
			return
		}
		k := rapid.IntRange(1, len(all)).Draw(t, "k")
		sameBits(t, []float32{kthOverTensors(tensors, k)}, sorted(all)[k-1:k])
	})
}

// kthOverTensors counts every tensor by itself and merges.
func kthOverTensors(tensors [][]float32, k int) float32 {
	coarse := new(Magnitudes)
	for _, x := range tensors {
		part := new(Magnitudes)
		part.Add(x)
		coarse.Merge(part)
	}
	fine := coarse.Select(k)
	for _, x := range tensors {
		part := coarse.Select(k)
		part.Add(x)
		fine.Merge(part)
	}
	return fine.Kth()
}

func TestBinMistakesPanic(t *testing.T) {
	m := new(Magnitudes)
	m.Add([]float32{1, 2, 3})
	mustPanic(t, "Kth without a second pass", func() { m.Select(1).Kth() })
	mustPanic(t, "Merge of another rank", func() { m.Select(1).Merge(m.Select(3)) })
}
