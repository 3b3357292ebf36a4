package stages

import (
	"context"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/recipe"
)

var deltaKind = &Kind{
	Verb: recipe.Verb{
		Name:    "delta",
		Summary: "turn A and B into their effect, ΔW = s·B·A",
		Doc: `Converts adapters to the space delta, where every merge is exact and adapters of any rank and alpha,
with rsLoRA or without, can be merged. A delta stays a product of thin matrices, with s multiplied
into B, until a verb that works element by element needs it dense. factor converts back.`,
		Flow:    "n → n",
		Example: "{delta: [python, sql]}",
	},
	Version: 1,
	Bind:    bindDelta,
}

type multiplication struct {
	Spec
}

func bindDelta(spec Spec) (Op, Type, error) {
	d := &multiplication{Spec: spec}
	if d.In[0].Space != Factors {
		return d, d.In[0], fault.At(d.Inputs[0].Position, "delta takes factors, and the input is in the space %s", d.In[0].Space).
			Mend("remove this stage, or lead back with `factor` before").See("spaces")
	}
	members := make([]Member, len(d.In[0].Members))
	for i, member := range d.In[0].Members {
		members[i] = member.with(mapModules(member.Modules, foldScale))
	}
	out := d.In[0].like(members)
	out.Space = Delta
	return d, out, nil
}

func (d *multiplication) Apply(_ context.Context, env Env, in []Value) (Value, error) {
	scales := scaleOf(d.In[0], env.Module)
	out := make(Value, len(in[0]))
	for i, part := range in[0] {
		out[i] = env.scalePart(part, scales[i])
	}
	return out, nil
}
