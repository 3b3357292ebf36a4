package stages

import (
	"context"
	"fmt"
	"slices"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/kernels"
)

// Apply runs a stage at one module. Where deltas meet of which one is dense, all are
// made so. Whole tensors are absolute weights, not changes of the base model: a stage
// that makes one adapter of several averages them by its shares, and every other stage
// leaves them as they are. Copies of the base model's own
// weights are equal, and pass. A result out of all bounds, and copies that differ, are Faults without a place.
func Apply(ctx context.Context, s Op, form adapter.Form, env Env, in []Value) (Value, error) {
	out, err := apply(ctx, s, form, env, in)
	if err == nil {
		err = ctx.Err() // what works in blocks has left off at one
	}
	if err != nil {
		return nil, err
	}
	return out, checkMagnitudes(env.Module, out)
}

func apply(ctx context.Context, s Op, form adapter.Form, env Env, in []Value) (Value, error) {
	if form != adapter.Whole {
		alike := make([]Value, len(in))
		for i := range in {
			alike[i] = env.matchDense(ctx, in[i])
		}
		return s.Apply(ctx, env, alike)
	}
	c, ok := s.(Combiner)
	if !ok {
		return in[0], nil
	}
	if (&adapter.Module{Name: env.Module, Form: form}).IsCopy() {
		return passCopy(c.Makes(), env.Module, in[0])
	}
	held, shares := holders(in[0], c.Shares(env.Site, in[0].names()))
	return averageWhole(ctx, env, c.Makes(), held, shares), nil
}

// passCopy gives the base model's own tensor, as the adapters that have it hold it.
func passCopy(name, module string, in Value) (Value, error) {
	var first *Part
	for i := range in {
		switch part := &in[i]; {
		case part.Absent():
		case first == nil:
			first = part
		case !slices.Equal(part.W.Data, first.W.Data) || !slices.Equal(part.Raw, first.Raw):
			return nil, fault.New("%q has no mean: the copies of the base model's weights in %q and %q differ", module, first.Adapter, part.Adapter).
				Mend(fmt.Sprintf("if they are of one base model, leave it out with `select … exclude: %q`: the base model has it", module)).See("different-bases")
		}
	}
	out := *first
	out.Adapter = name
	return Value{out}, nil
}

func averageWhole(ctx context.Context, env Env, name string, in Value, shares []float64) Value {
	if len(in) == 1 {
		out := slices.Clone(in)
		out[0].Adapter = name
		return out
	}
	return env.combine(ctx, name, in, func(_ byte, dst Matrix, srcs []Matrix) {
		inBlocks(ctx, len(dst.Data), func(from, to int) {
			kernels.Combine(dst.Data[from:to], ranges(srcs, from, to), float32s(shares))
		})
	})
}

// checkMagnitudes refuses what would overflow somewhere after this stage and vanish
// there: Inf is cut by no trim, but a vote of Inf − Inf elects nothing.
func checkMagnitudes(module string, v Value) error {
	for i := range v {
		if most := v[i].magnitude(); !(most <= adapter.MostMagnitude) {
			return fault.New("the result at module %q is too large: adapter %q reaches %.3g, and at most %.3g can be worked with", module, v[i].Adapter, most, float64(adapter.MostMagnitude)).
				Mend("check the weights and scales of this stage and of those before it").See("too-large")
		}
	}
	return nil
}

// magnitude is the largest |x| of a part's tensors, and of a pair at least
// r·max|B|·max|A|, which bounds every partial sum of B·A.
func (p *Part) magnitude() float64 {
	most, product := 0.0, float64(p.A.Rows)
	for _, tensor := range p.Tensors() {
		x := float64(kernels.MaxAbs(tensor.Data))
		most, product = max(most, x), product*x
	}
	return max(most, product)
}
