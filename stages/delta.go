package stages

import (
	"context"

	"github.com/loramerge/loramerge/recipe"
)

var deltaKind = &Kind{
	Verb: recipe.Verb{
		Name:    "delta",
		Summary: "turn A and B into what they do: ΔW = s·B·A",
		Doc: `Takes adapters into the space delta, where every merge is exact and adapters of any rank and alpha,
with rsLoRA or without, can be merged. A delta stays a product of thin matrices, with s multiplied
into B, until a verb that works element by element needs it dense. factor leads back.`,
		Flow:    "n → n",
		Example: "{delta: [python, sql]}",
	},
	Version: 1,
	New:     func(s Spec) Op { return &multiplication{Spec: s} },
}

type multiplication struct {
	Spec
	in Type
}

func (d *multiplication) Check(in []Type) (Type, error) {
	d.in = in[0]
	if d.in.Space != Factors {
		return d.in, recipe.Mistakef(d.Inputs[0].Position, "remove this stage, or lead back with `factor` before", "delta takes factors, and the input is in the space %s", d.in.Space).See("spaces")
	}
	members := make([]Member, len(d.in.Members))
	for i, member := range d.in.Members {
		members[i] = member.with(mapModules(member.Modules, foldScale))
	}
	out := d.in.like(members)
	out.Space = Delta
	return out, nil
}

func (d *multiplication) Apply(_ context.Context, env Env, in []Value) (Value, error) {
	scales := scaleOf(d.in, env.Module)
	out := make(Value, len(in[0]))
	for i, part := range in[0] {
		out[i] = env.scalePart(part, scales[i])
	}
	return out, nil
}
