package gguf_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/adapter/gguf"
)

// pair is a linear module.
func pair(name string, out, in, rank int, scale float64, dtype adapter.DType) *adapter.Module {
	return &adapter.Module{Name: name, Rank: rank, Scale: scale, Alpha: scale * float64(rank),
		A: adapter.Tensor{DType: dtype, Shape: []int{rank, in}}, B: adapter.Tensor{DType: dtype, Shape: []int{out, rank}}}
}

func q(rank int, scale float64, dtype adapter.DType) *adapter.Module {
	return pair("model.layers.0.self_attn.q_proj", 32, 32, rank, scale, dtype)
}

func v(rank int, scale float64, dtype adapter.DType) *adapter.Module {
	return pair("model.layers.0.self_attn.v_proj", 16, 32, rank, scale, dtype)
}

func layoutOf(config string, modules ...*adapter.Module) (*adapter.Layout, error) {
	return gguf.Format.Layout(adapter.Content{Modules: modules, Base: adapter.Base{Name: "org/tiny"}, BaseConfig: []byte(config)})
}

// written writes whole numbers over 16, which every dtype holds, and gives s·B·A of each module.
func written(t interface {
	Fatal(...any)
	Helper()
}, folder string, layout *adapter.Layout, modules []*adapter.Module) (path string, deltas [][]float64) {
	t.Helper()
	path = filepath.Join(folder, fmt.Sprint(rand.Uint64(), ".gguf"))
	w, err := layout.Create(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range modules {
		random := rand.New(rand.NewPCG(uint64(len(m.Name)), uint64(m.Rank)))
		tensors := make([][]float32, 2)
		for i, tensor := range m.Tensors() {
			tensors[i] = make([]float32, tensor.Elements())
			for j := range tensors[i] {
				tensors[i][j] = float32(random.IntN(33)-16) / 16
			}
			if err := w.Write(m, i, tensors[i]); err != nil {
				t.Fatal(err)
			}
		}
		out, in := m.B.Shape[0], m.A.Shape[1]
		delta := make([]float64, out*in)
		for i := range out {
			for j := range in {
				for k := range m.Rank {
					delta[i*in+j] += float64(tensors[1][i*m.Rank+k]) * float64(tensors[0][k*in+j])
				}
				delta[i*in+j] *= m.Scale
			}
		}
		deltas = append(deltas, delta)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return path, deltas
}

// TestScales: the scale that llama.cpp computes is each pair's own, with B unrounded wherever
// one number can carry it.
func TestScales(t *testing.T) {
	const f32, f16, bf16 = adapter.F32, adapter.F16, adapter.BF16
	for name, c := range map[string]struct {
		modules []*adapter.Module
		alpha   float32
		ranks   [2]int
		exact   bool // ΔW to the last bit of float32's scale
	}{
		"one scale, one rank":          {[]*adapter.Module{q(8, 2, f16), v(8, 2, f16)}, 16, [2]int{8, 8}, true},
		"alpha of all pairs":           {[]*adapter.Module{q(8, 0.3, f16), v(4, 0.6, f16)}, 2.4, [2]int{8, 4}, true},
		"rsLoRA":                       {[]*adapter.Module{q(8, 16/math.Sqrt(8), bf16), v(8, 16/math.Sqrt(8), bf16)}, float32(128 / math.Sqrt(8)), [2]int{8, 8}, true},
		"alpha = r, of several ranks":  {[]*adapter.Module{q(8, 1, bf16), v(3, 1, bf16)}, 0, [2]int{8, 3}, true},
		"powers of two":                {[]*adapter.Module{q(8, 2, bf16), v(8, 0.5, bf16)}, 0, [2]int{8, 8}, true},
		"powers of two from 1 on":      {[]*adapter.Module{q(8, 2, f16), v(8, 4, f16)}, 0, [2]int{8, 8}, true},
		"one scale, several ranks":     {[]*adapter.Module{q(8, 0.3, f16), v(3, 0.3, f16)}, 2.4, [2]int{8, 8}, true},
		"half, several ranks, float16": {[]*adapter.Module{q(8, 0.5, f16), v(3, 0.5, f16)}, 4, [2]int{8, 8}, true},
		"zero":                         {[]*adapter.Module{q(8, 0, f32), v(8, 0, f32)}, 0, [2]int{8, 8}, true},
		"zero beside another":          {[]*adapter.Module{q(8, 0, f32), v(8, 2, f32)}, 0, [2]int{8, 8}, true},
		"several scales":               {[]*adapter.Module{q(8, 0.3, f32), v(8, 0.7, f32)}, 0, [2]int{8, 8}, false},
		"several scales, of 16 bits":   {[]*adapter.Module{q(8, 0.3, bf16), v(8, 0.7, bf16)}, 0, [2]int{8, 8}, false},
	} {
		t.Run(name, func(t *testing.T) {
			layout, err := layoutOf(tinyLlama, c.modules...)
			if err != nil {
				t.Fatal(err)
			}
			path, deltas := written(t, t.TempDir(), layout, c.modules)
			got := readFile(t, path)
			if alpha := got.values["adapter.lora.alpha"]; alpha != c.alpha {
				t.Errorf("alpha is %v, want %v", alpha, c.alpha)
			}
			for i, weight := range []string{"blk.0.attn_q.weight", "blk.0.attn_v.weight"} {
				if rank := got.tensors[weight+".lora_b"].columns; rank != c.ranks[i] {
					t.Errorf("%s has rank %d, want %d", weight, rank, c.ranks[i])
				}
				_, _, x := got.delta(t, weight, []int{4, 0}[i])
				bound := 0x1p-23
				if !c.exact {
					bound = map[adapter.DType]float64{f32: 0x1p-22, bf16: 0x1p-8}[c.modules[i].B.DType]
				}
				if off := distance(x, deltas[i]); off > bound*norm(deltas[i]) {
					t.Errorf("ΔW of %s is off by %g of its norm", weight, off/norm(deltas[i]))
				}
			}
			if warned := layout.Rounds != ""; warned != (!c.exact && c.modules[0].B.DType != f32) {
				t.Errorf("the layout says %q", layout.Rounds)
			}
		})
	}
}

func norm(x []float64) float64 { return distance(x, make([]float64, len(x))) }

func distance(x, y []float64) float64 {
	sum := 0.0
	for i := range x {
		sum += (x[i] - y[i]) * (x[i] - y[i])
	}
	return math.Sqrt(sum)
}

// TestDeltasStay writes any pairs, and reads ΔW back by llama.cpp's rules, and by ours.
func TestDeltasStay(t *testing.T) {
	folder := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		heads := rapid.SampledFrom([]int{1, 2, 4, 6}).Draw(t, "heads")
		keyHeads := rapid.SampledFrom([]int{1, heads}).Draw(t, "key heads")
		dim := 2 * rapid.IntRange(1, 4).Draw(t, "half a head")
		hidden := rapid.IntRange(1, 20).Draw(t, "hidden")
		dtype := rapid.SampledFrom([]adapter.DType{adapter.F32, adapter.F16, adapter.BF16}).Draw(t, "dtype")
		drawn := func(name string, out, in int) *adapter.Module {
			rank := rapid.IntRange(1, 5).Draw(t, "rank")
			scale := rapid.SampledFrom([]float64{0.25, 1, 2, 2, 2}).Draw(t, "scale")
			return pair(name, out, in, rank, scale, dtype)
		}
		embedding := drawn("model.embed_tokens", hidden, rapid.IntRange(1, 20).Draw(t, "vocabulary"))
		embedding.Form = adapter.Embedding
		modules := []*adapter.Module{
			embedding,
			drawn("model.layers.12.self_attn.k_proj", keyHeads*dim, hidden), drawn("model.layers.12.self_attn.q_proj", heads*dim, hidden),
			drawn("model.layers.3.self_attn.v_proj", keyHeads*dim, hidden),
		}
		layout, err := layoutOf(fmt.Sprintf(`{"model_type": "llama", "num_attention_heads": %d, "num_key_value_heads": %d, "head_dim": %d}`, heads, keyHeads, dim), modules...)
		if err != nil {
			t.Fatal(err)
		}
		path, deltas := written(t, folder, layout, modules)
		got := readFile(&quiet{}, path)
		opened, err := gguf.Format.Open(path, adapter.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer opened.Close()
		for i, weight := range []string{"token_embd.weight", "blk.12.attn_k.weight", "blk.12.attn_q.weight", "blk.3.attn_v.weight"} {
			_, _, x := got.delta(&quiet{}, weight, []int{0, keyHeads, heads, 0}[i])
			if distance(x, deltas[i]) > 0 { // whole numbers over 256, times powers of two
				t.Fatalf("ΔW of %s is off by %g", weight, distance(x, deltas[i]))
			}
			m, ok := opened.Find(modules[i].Name)
			if !ok || m.Form != modules[i].Form {
				t.Fatalf("%s is opened as %+v", modules[i].Name, m)
			}
			product, err := opened.Pair(m)
			if err != nil {
				t.Fatal(err)
			}
			y := make([]float64, len(x))
			for row := range product.B.Rows {
				for column := range product.A.Cols {
					for k := range m.Rank {
						y[row*product.A.Cols+column] += m.Scale * float64(product.B.Data[row*m.Rank+k]) * float64(product.A.Data[k*product.A.Cols+column])
					}
				}
			}
			if distance(y, deltas[i]) > 0 {
				t.Fatalf("ΔW of %s is opened as one that is off by %g", weight, distance(y, deltas[i]))
			}
		}
	})
}

// quiet fails by panic, where a rapid test has no testing.TB.
type quiet struct{ testing.TB }

func (*quiet) Helper()                      {}
func (*quiet) Fatal(args ...any)            { panic(fmt.Sprint(args...)) }
func (*quiet) Fatalf(f string, args ...any) { panic(fmt.Sprintf(f, args...)) }
