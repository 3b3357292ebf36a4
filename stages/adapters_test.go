package stages_test

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/stages"
)

func applyAt(stage stages.Op, m *adapter.Module, env stages.Env, in []flow) (stages.Value, error) {
	if source, ok := stage.(stages.Source); ok {
		return source.Read(env)
	}
	return stages.Apply(context.Background(), stage, m.Form, env, valuesAt(in, env.Module))
}

// shape is a module to make up.
type shape struct {
	name    string
	form    adapter.Form
	out, in int
}

// shapes are modules of every form that is a pair, none of them square.
var shapes = []shape{
	{"layers.0.q_proj", adapter.Linear, 12, 20},
	{"layers.1.q_proj", adapter.Linear, 24, 33},
	{"layers.2.conv", adapter.Conv, 8, 18},
	{"layers.2.wte", adapter.Embedding, 6, 25},
}

// kindOf is what the adapters of a test have in common, but for their values.
type kindOf struct {
	shapes []shape
	rank   int
	scale  float64
	dtype  adapter.DType
	fill   func(x []float32)
}

// make gives a flow of one adapter in the space factors.
func (k kindOf) make(name string) flow {
	f := flow{at: make(map[string]stages.Value)}
	var modules []*adapter.Module
	for _, s := range k.shapes {
		modules = append(modules, k.module(s))
		a, b := stages.Matrix{Rows: k.rank, Cols: s.in, Data: make([]float32, k.rank*s.in)}, stages.Matrix{Rows: s.out, Cols: k.rank, Data: make([]float32, s.out*k.rank)}
		k.fill(a.Data)
		k.fill(b.Data)
		f.at[s.name] = stages.Value{{Adapter: name, A: a, B: b}}
	}
	slices.SortFunc(modules, func(x, y *adapter.Module) int { return strings.Compare(x.Name, y.Name) })
	f.Members = []stages.Member{{Name: name, Modules: modules}}
	return f
}

func (k kindOf) module(s shape) *adapter.Module {
	a, b := []int{k.rank, s.in}, []int{s.out, k.rank}
	if s.form == adapter.Conv {
		a, b = []int{k.rank, s.in / 9, 3, 3}, []int{s.out, k.rank, 1, 1}
	}
	return &adapter.Module{Name: s.name, Form: s.form, Rank: k.rank, Alpha: k.scale * float64(k.rank), Scale: k.scale,
		A: adapter.Tensor{DType: k.dtype, Shape: a}, B: adapter.Tensor{DType: k.dtype, Shape: b}}
}

// without is the flow of an adapter that lacks a module.
func (f flow) without(module string) flow {
	members := slices.Clone(f.Members)
	members[0].Modules = slices.DeleteFunc(slices.Clone(members[0].Modules), func(m *adapter.Module) bool { return m.Name == module })
	f.Members = members
	return f
}

// normal fills with numbers as training leaves them, from a stream of their own.
func normal(seed uint64) func([]float32) {
	rng := rand.New(rand.NewPCG(seed, 1))
	return func(x []float32) {
		for i := range x {
			x[i] = float32(rng.NormFloat64())
		}
	}
}

// coarse fills with few different numbers, zeros of both signs among them, so that
// ties are common and sums and products of a few are exact in float32.
func coarse(seed uint64) func([]float32) {
	rng := rand.New(rand.NewPCG(seed, 2))
	values := []float32{-2, -1, -1, -0.5, float32(math.Copysign(0, -1)), 0, 0.5, 1, 1, 2}
	return func(x []float32) {
		for i := range x {
			x[i] = values[rng.IntN(len(values))]
		}
	}
}

// sixteenths fills with many different numbers of which products and sums of a few
// are still exact in float32, so that thresholds are the same in float64.
func sixteenths(seed uint64) func([]float32) {
	fill := normal(seed)
	return func(x []float32) {
		fill(x)
		for i := range x {
			x[i] = float32(math.Round(float64(x[i])*16) / 16)
		}
	}
}

func zeros([]float32) {}

// tensors are what a verb works on one by one, in float64: A and B of factors, or
// ΔW of a delta, however it is held.
func tensors(space stages.Space, p stages.Part) [][]float64 {
	if space == stages.Delta && p.A.Data != nil {
		return [][]float64{multiply(p.B, p.A)}
	}
	var out [][]float64
	for _, m := range p.Tensors() {
		out = append(out, float64s(m.Data))
	}
	return out
}

// multiply is B·A in float64.
func multiply(b, a stages.Matrix) []float64 {
	out := make([]float64, b.Rows*a.Cols)
	for i := range b.Rows {
		for k, x := range b.Row(i) {
			for j, y := range a.Row(k) {
				out[i*a.Cols+j] += float64(x) * float64(y)
			}
		}
	}
	return out
}

func float64s(x []float32) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}

func norm(x []float64) float64 { return math.Sqrt(dot(x, x)) }

func dot(x, y []float64) float64 {
	sum := 0.0
	for i := range x {
		sum += x[i] * y[i]
	}
	return sum
}

// combined is Σ cᵢ·xᵢ.
func combined(xs [][]float64, cs ...float64) []float64 {
	out := make([]float64, len(xs[0]))
	for i, x := range xs {
		for j := range x {
			out[j] += cs[i] * x[j]
		}
	}
	return out
}

// far is ‖x − y‖/‖y‖; where y is 0, ‖x‖.
func far(x, y []float64) float64 {
	distance, size := norm(combined([][]float64{x, y}, 1, -1)), norm(y)
	if size == 0 {
		return distance
	}
	return distance / size
}
