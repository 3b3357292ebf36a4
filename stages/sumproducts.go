package stages

import (
	"context"
	"math"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/lowrank"
)

func products(in Value) []lowrank.Product {
	out := make([]lowrank.Product, len(in))
	for i := range in {
		out[i] = lowrank.Product{B: in[i].B, A: in[i].A}
	}
	return out
}

// normOf is ‖ΔW‖ of a delta held as a product.
func normOf(ctx context.Context, part Part) float64 {
	return math.Sqrt(max(0, lowrank.Gram(ctx, products(Value{part}))[0]))
}

// concat is Σ cᵢ·Bᵢ·Aᵢ held as a product at rank Σkᵢ.
func (e Env) concat(name string, in Value, cs []float64) Value {
	rank := 0
	for _, part := range in {
		rank += part.A.Rows
	}
	sum := lowrank.Product{B: e.matrix(in[0].B.Rows, rank), A: e.matrix(rank, in[0].A.Cols)}
	lowrank.ConcatTo(sum, cs, products(in))
	return made(name, sum)
}

func made(name string, sum lowrank.Product) Value {
	return Value{{Adapter: name, A: sum.A, B: sum.B}}
}

// combineProducts is Σ cᵢ·Bᵢ·Aᵢ, held as a product or dense.
func (e Env) combineProducts(ctx context.Context, name string, in Value, cs []float64, dense bool) Value {
	if !dense {
		return e.concat(name, in, cs)
	}
	w := e.matrix(in[0].B.Rows, in[0].A.Cols)
	lowrank.DenseSum(ctx, w, cs, products(in), e.Workers)
	return Value{{Adapter: name, W: w}}
}

// blendProducts is combineProducts of deltas whose inner products are g. Where they cancel,
// the roundings of each cᵢ·Bᵢ would be large beside what is left.
func (e Env) blendProducts(ctx context.Context, name string, in Value, g gram, cs []float64, dense bool) (Value, error) {
	if dense || !g.cancels(cs) {
		return e.combineProducts(ctx, name, in, cs, dense), nil
	}
	sum, err := lowrank.ConcatOrthonormal(ctx, cs, products(in), e.Workers)
	return made(name, sum), err
}

// outgrows reports whether these deltas, stacked as the product that is their sum, take more
// than twice the memory of one dense delta, over all modules: of square matrices, where their
// ranks add up to more than a matrix can have. Sums of sums of the same adapters would double
// them for ever.
func (t Type) outgrows() bool {
	return t.Space == Delta && !t.Dense && len(t.Members) > 1 && t.pairBytes() > 2*t.dense().like(t.Members[:1]).pairBytes()
}

// pairBytes is AllBytes without whole tensors.
func (t Type) pairBytes() int64 {
	var sum int64
	for _, member := range t.Members {
		for _, m := range member.Modules {
			if m.Form != adapter.Whole {
				sum += t.bytesOf(m)
			}
		}
	}
	return sum
}

// sumScratch is what combineProducts takes beside its result, where deltas of the Type in,
// aligned, are of the Type t.
func (t Type) sumScratch(module string, in Type) int64 {
	if !t.Dense || in.Dense {
		return 0
	}
	for _, m := range in.At(module) {
		if m.Form != adapter.Whole {
			return lowrank.DenseSumBytes(m.In(), 1)
		}
	}
	return 0
}

// blendScratch is the same of blendProducts, where it is not row by row.
func (t Type) blendScratch(module string, in Type, byRow bool) int64 {
	switch {
	case byRow:
		return 0 // each delta is multiplied out
	case t.Dense || t.Space != Delta:
		return t.sumScratch(module, in)
	}
	rank := 0
	var example *adapter.Module
	for _, m := range t.At(module) {
		if m.Form != adapter.Whole {
			rank, example = rank+m.Rank, m
		}
	}
	if example == nil {
		return 0
	}
	return lowrank.DecomposeBytes(example.Out(), example.In(), rank, 1)
}
