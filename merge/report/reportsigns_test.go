package report

import (
	"maps"
	"math"
	"slices"
	"testing"

	"github.com/loramerge/loramerge/internal/lowrank"
)

// TestMarkSigns: a bit for + and one for −, and none for either zero.
func TestMarkSigns(t *testing.T) {
	negativeZero := float32(math.Copysign(0, -1))
	signs := make([]uint8, 6)
	markSigns(signs, []float32{1, -1, 0, negativeZero, math.SmallestNonzeroFloat32, 2})
	markSigns(signs, []float32{1, -1, 0, 0, -math.SmallestNonzeroFloat32, 0})
	if want := []uint8{raised, lowered, 0, 0, raised | lowered, raised}; !slices.Equal(signs, want) {
		t.Errorf("%v, expected %v", signs, want)
	}
}

// TestClashOpposites: of a delta and its opposite every element conflicts and all is
// cancelled; of a delta and its double nothing is.
func TestClashOpposites(t *testing.T) {
	d := lowrank.Product{B: lowrank.NewMatrix(70, 1), A: lowrank.NewMatrix(1, 5)}
	for i := range d.B.Data {
		d.B.Data[i] = float32(i + 1)
	}
	for i := range d.A.Data {
		d.A.Data[i] = float32(2*i - 5)
	}
	for _, c := range []struct {
		scales              []float64
		conflict, cancelled float64
	}{{[]float64{1, -1}, 1, 1}, {[]float64{1, 2}, 0, 0}, {[]float64{3, -1}, 1, 0.5}} {
		got := clashOf(t.Context(), []lowrank.Product{d, d}, c.scales)
		if float64(got.conflict()) != c.conflict || float64(got.cancelled()) != c.cancelled {
			t.Errorf("scales %v: conflict %v, cancelled %v; expected %v and %v", c.scales, got.conflict(), got.cancelled(), c.conflict, c.cancelled)
		}
	}
}

// TestClashSample: the share of conflict in a sample is that of the whole within a
// hundredth: of x·y and u·v with signs that change at a third and at a half.
func TestClashSample(t *testing.T) {
	const out, in = 5000, 3000
	step := func(n, at int) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = 1
			if i >= at {
				x[i] = -1
			}
		}
		return x
	}
	column := lowrank.Matrix{Rows: out, Cols: 1, Data: step(out, out/3)}
	ones := lowrank.Matrix{Rows: out, Cols: 1, Data: step(out, out)}
	a := lowrank.Product{B: column, A: lowrank.Matrix{Rows: 1, Cols: in, Data: step(in, in/2)}}
	b := lowrank.Product{B: ones, A: lowrank.Matrix{Rows: 1, Cols: in, Data: step(in, in)}}
	c := clashOf(t.Context(), []lowrank.Product{a, b}, []float64{1, 1})
	if c.rows != sampleSide || c.columns != sampleSide {
		t.Errorf("%d rows and %d columns", c.rows, c.columns)
	}
	if want := 0.5; math.Abs(float64(c.conflict())-want) > 0.01 {
		t.Errorf("conflict %v, expected %v", c.conflict(), want)
	}
}

// TestKinds: a kind is the shortest ending that tells one pattern from the others.
func TestKinds(t *testing.T) {
	want := map[string]string{
		"model.layers.*.self_attn.q_proj":              "q_proj",
		"encoder.block.*.layer.0.SelfAttention.q":      "encoder.block.*.layer.0.SelfAttention.q",
		"decoder.block.*.layer.0.SelfAttention.q":      "decoder.block.*.layer.0.SelfAttention.q",
		"decoder.block.*.layer.1.EncDecAttention.q":    "EncDecAttention.q",
		"model.layers.*.block_sparse_moe.experts.0.w1": "0.w1",
		"model.layers.*.block_sparse_moe.experts.1.w1": "1.w1",
		"transformer.h.*.attn.c_proj":                  "attn.c_proj",
		"transformer.h.*.mlp.c_proj":                   "mlp.c_proj",
		"lm_head":                                      "lm_head",
	}
	patterns := make(map[string]bool)
	for pattern := range want {
		patterns[pattern] = true
	}
	if got := kindsOf(patterns); !maps.Equal(got, want) {
		t.Errorf("%v", got)
	}
}
