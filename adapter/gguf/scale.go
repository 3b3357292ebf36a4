package gguf

import (
	"fmt"
	"math"

	"github.com/loramerge/loramerge/adapter"
)

// scaling is how the scales of an adapter are stored. llama.cpp multiplies B·A by alpha / r in
// float32, where r is the pair's own rank, and by 1 where alpha is 0 (llama-adapter.h, get_scale).
type scaling struct {
	alpha float32
	// rank is what all pairs are brought to by zeros; 0 if they stay as they are.
	rank int
	// folded: every B is multiplied by its own scale.
	folded bool
}

// scalingOf chooses the first way that is exact, or the last:
//
//  1. one alpha that is s·r for all pairs, as it is where scales and ranks are the same;
//  2. alpha 0, and s in B, where that is a power of two that loses nothing;
//  3. alpha = s·R, and all pairs brought to the largest rank R, where s is the same for all;
//  4. alpha 0, and s in B, which then is rounded.
func scalingOf(pairs []*adapter.Module) scaling {
	largest, one, exact := 0, true, true
	for _, m := range pairs {
		largest = max(largest, m.Rank)
		one = one && m.Scale == pairs[0].Scale
		exact = exact && foldsExactly(m.Scale, m.B.DType)
	}
	if alpha, ok := alphaFor(pairs, 0); ok {
		return scaling{alpha: alpha}
	}
	if !exact && one {
		if alpha, ok := alphaFor(pairs, largest); ok {
			return scaling{alpha: alpha, rank: largest}
		}
	}
	return scaling{folded: true}
}

// foldsExactly reports whether a scale can be multiplied into numbers of a dtype without
// rounding: a power of two, which in float16 must not lead below its smallest normal number.
func foldsExactly(scale float64, dtype adapter.DType) bool {
	fraction, _ := math.Frexp(math.Abs(scale))
	return fraction == 0.5 && (dtype != adapter.F16 || math.Abs(scale) >= 1) || scale == 0
}

// rounds says which scale is folded into numbers of 16 bits that round it.
func (s scaling) rounds(pairs []*adapter.Module) string {
	if !s.folded {
		return ""
	}
	for _, m := range pairs {
		if m.B.DType != adapter.F32 && !foldsExactly(m.Scale, m.B.DType) {
			return fmt.Sprintf("llama.cpp has one alpha for all pairs, so scales that differ, such as %.6g of %q, are multiplied into B, where %s rounds them", m.Scale, m.Name, m.B.DType)
		}
	}
	return ""
}

// alphaFor is the alpha by which llama.cpp gets the scales of all pairs, to float32's last bit;
// of pairs that are brought to one rank, unless that is 0.
func alphaFor(pairs []*adapter.Module, rank int) (float32, bool) {
	rankOf := func(m *adapter.Module) int {
		if rank > 0 {
			return rank
		}
		return m.Rank
	}
	product := pairs[0].Scale * float64(rankOf(pairs[0]))
	near := float32(product)
	for _, alpha := range []float32{float32(math.Round(product)), near, math.Nextafter32(near, math.MaxFloat32), math.Nextafter32(near, -math.MaxFloat32)} {
		if carries(alpha, pairs, rankOf, 0) {
			return alpha, true
		}
	}
	// Between two neighbours, alpha/r may pass over the float32 that is nearest to the scale.
	return near, carries(near, pairs, rankOf, 0x1p-23)
}

func carries(alpha float32, pairs []*adapter.Module, rankOf func(*adapter.Module) int, most float64) bool {
	for _, m := range pairs {
		got, want := float64(alpha/float32(rankOf(m))), float64(float32(m.Scale))
		if alpha == 0 || want == 0 || !(math.Abs(got-want) <= most*math.Abs(want)) || math.IsInf(got, 0) {
			return false
		}
	}
	return true
}
