package stages

import (
	"context"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/lowrank"
	"github.com/loramerge/loramerge/recipe"
)

var flattenKind = &Kind{
	Verb: recipe.Verb{
		Name:    "flatten",
		Summary: "a flatter spectrum of the same norm",
		Doc: `Every singular value σ of a module becomes σ^power, over the numerical rank, and the module's norm is
kept: 1 changes nothing, 0 makes all of them equal, the isotropic merge (Iso-C, arXiv:2502.04959). So
what few adapters want is not drowned by what all want. It works in the core space and on deltas held
as products; the small singular values of a dense delta are noise, and are not brought up.`,
		Flow:    "1 → 1",
		Example: "{flatten: merged, power: 0.75}",
		Params: []*recipe.Param{
			{Name: string(keyPower), Type: recipe.NumberType{Min: 0, Max: 1, Single: true}, Default: recipe.Constant(0.75), Doc: "of the singular values"},
		},
	},
	Version: 2,
	Bind:    bindFlatten,
}

type flattening struct{ Spec }

func bindFlatten(spec Spec) (Op, Type, error) {
	f, in := &flattening{Spec: spec}, spec.In
	var all *multierror.Error
	refuse := func(format string, args ...any) *fault.Fault {
		wrong := fault.At(f.Inputs[0].Position, format, args...).See("spaces")
		all = multierror.Append(all, wrong)
		return wrong
	}
	switch {
	case in[0].Space == Factors:
		refuse("flatten works on ΔW, and its input is in the space factors").Mend("merge in the space core, or use `delta` before")
	case in[0].Dense:
		refuse("flatten works on deltas held as products, and this one is dense: its small singular values are noise").Mend("merge in the space core")
	}
	if len(in[0].Members) != 1 {
		refuse("flatten works on one adapter, and %d flow in", len(in[0].Members)).Mend("flatten the result of a combining stage, or pick one: stage.adapter")
	}
	return f, in[0], all.ErrorOrNil()
}

func (f *flattening) power() float64 {
	power, _ := keyPower.Of(f.Params).Everywhere()
	return power
}

func (f *flattening) Apply(ctx context.Context, env Env, in []Value) (Value, error) {
	part := in[0][0]
	if f.power() == 1 {
		return in[0], nil
	}
	var err error
	if part.Bases != nil {
		part.W, err = lowrank.Flatten(ctx, part.W, f.power())
	} else {
		var p lowrank.Product
		p, err = lowrank.FlattenProduct(ctx, lowrank.Product{B: part.B, A: part.A}, f.power(), env.Workers)
		part.B, part.A = p.B, p.A
	}
	return Value{part}, err
}

// Scratch is what the decomposition works in.
func (f *flattening) Scratch(module string) int64 {
	var most int64
	for _, m := range f.In[0].At(module) {
		if m.Form == adapter.Whole || f.power() == 1 {
			continue
		}
		rows, columns := m.Out(), m.In()
		if f.In[0].Space == Core {
			rows, columns = coreSides(m)
		}
		most = max(most, lowrank.DecomposeBytes(rows, columns, m.Rank, 1))
	}
	return most
}
