package kernels

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// sorted returns the magnitudes, largest first, ranked by their bits.
func sorted(x []float32) []float32 {
	s := make([]float32, len(x))
	for i, v := range x {
		s[i] = magnitude(v)
	}
	slices.SortFunc(s, func(x, y float32) int { return cmp.Compare(math.Float32bits(y), math.Float32bits(x)) })
	return s
}

func TestKthMagnitude(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.SliceOfN(rapid.OneOf(anyFinite(), rapid.SampledFrom(specials)), 1, 300).Draw(t, "x")
		k := rapid.IntRange(1, len(x)).Draw(t, "k")
		want := sorted(x)[k-1 : k]
		sameBits(t, []float32{KthMagnitude(x, k)}, want)
		sameBits(t, []float32{kthByBins(x, k)}, want)
		low, high := rapid.Uint32Max(magnitudeBits).Draw(t, "low"), rapid.Uint32Max(magnitudeBits).Draw(t, "high")
		if bits, ok := new(gathering).kthBetween(x, min(low, high), max(low, high), k); ok {
			sameBits(t, []float32{math.Float32frombits(bits)}, want)
		}
	})
}

func TestKthMagnitudeOfMany(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	halfZero := normal(random, worthSampling+7)
	Trim(halfZero, halfZero, KthMagnitude(halfZero, len(halfZero)/2))
	for name, x := range map[string][]float32{
		"normal":    normal(random, worthSampling+3),
		"large":     normal(random, 1<<16+5),
		"mixed":     mixed(random, worthSampling+1),
		"all equal": slices.Repeat([]float32{-0.25}, 1<<16),
		"half zero": halfZero,
		"columns":   slices.Repeat(slices.Concat(normal(random, 63), []float32{1e6}), 1<<10),
		"sorted":    ascending(1 << 15),
	} {
		t.Run(name, func(t *testing.T) {
			want := sorted(x)
			for _, k := range []int{1, 2, 100, len(x) / 2, len(x) - 1, len(x)} {
				sameBits(t, []float32{KthMagnitude(x, k)}, want[k-1:k])
			}
		})
	}
}

func ascending(n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(i)
	}
	return x
}

// TestKthMagnitudeOfAMisleadingSample hides from the sample what the rest is like.
func TestKthMagnitudeOfAMisleadingSample(t *testing.T) {
	x := ascending(1 << 14)
	// Of what the sample does not see, the upper half is made large.
	unseen := slices.Repeat([]float32{1}, len(x))
	sample, _ := new(gathering).samples(x, sampleSize(len(x)))
	for _, v := range sample[:sampleSize(len(x))] {
		unseen[int(v)] = 0
	}
	for i := range x {
		x[i] *= 1 + 1e6*unseen[i]
	}
	want := sorted(x)
	for _, k := range []int{1, 50, len(x) / 2, len(x)} {
		sameBits(t, []float32{KthMagnitude(x, k)}, want[k-1:k])
	}
}

func TestKthBetweenWithoutRoom(t *testing.T) {
	x := normal(rand.New(rand.NewPCG(9, 9)), 1<<20)
	if _, ok := new(gathering).kthBetween(x, 0, magnitudeBits, 7); ok {
		t.Error("a whole tensor was gathered")
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
