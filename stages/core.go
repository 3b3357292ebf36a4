package stages

import (
	"context"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/lowrank"
	"github.com/loramerge/loramerge/recipe"
)

var coreKind = &Kind{
	Verb: recipe.Verb{
		Name:    "core",
		Summary: "ΔW in small bases that all the adapters share",
		Doc: `Converts adapters to the core space (arXiv:2509.17786): n adapters whose ranks sum to R share bases
U and V of at most R directions, in which each ΔW is a small M with ΔW = U·M·Vᵀ. Nothing is lost, a
merge costs R³ instead of out·in, and a verb such as trim works on what the adapters have in common.
The factors are balanced first, so that the result does not depend on how a trainer split B·A. Give
it all adapters at once: values in different bases can't be combined. factor converts back.`,
		Flow:    "n → n",
		Example: "{core: [python, sql]}",
	},
	Version: 2,
	Bind:    bindCore,
}

type sharing struct {
	Spec
}

func bindCore(spec Spec) (Op, Type, error) {
	c := &sharing{Spec: spec}
	if c.In[0].Space != Factors {
		return c, c.In[0], fault.At(c.Inputs[0].Position, "core takes factors, and the input is in the space %s", c.In[0].Space).
			Mend("take the adapters as they were loaded, or lead back with `factor` before").See("spaces")
	}
	ranks := make(map[string]int)
	for _, member := range c.In[0].Members {
		for _, m := range member.Modules {
			ranks[m.Name] += m.Rank
		}
	}
	members := make([]Member, len(c.In[0].Members))
	for i, member := range c.In[0].Members {
		members[i] = member.with(mapModules(member.Modules, func(m adapter.Module) adapter.Module {
			return withRank(foldScale(m), min(ranks[m.Name], maxPaddedRank))
		}))
	}
	out := c.In[0].like(members)
	out.Space, out.Bases = Core, c.Stage
	return c, out, nil
}

// Decomposes is true: the bases are singular vectors.
func (c *sharing) Decomposes() bool { return true }

func (c *sharing) Apply(ctx context.Context, env Env, in []Value) (Value, error) {
	out := make(Value, len(in[0]))
	var products []lowrank.Product
	var places []int
	scales := scaleOf(c.In[0], env.Module)
	for i := range in[0] {
		out[i].Adapter = in[0][i].Adapter
		if in[0][i].Absent() {
			continue
		}
		folded := env.scalePart(in[0][i], scales[i])
		products, places = append(products, lowrank.Product{B: folded.B, A: folded.A}), append(places, i)
	}
	bases, ms, err := lowrank.Share(ctx, products, env.Workers)
	if err != nil {
		return nil, err
	}
	for k, i := range places {
		out[i].W, out[i].Bases = ms[k], bases
	}
	return out, nil
}

// Scratch is the balanced factors in float64, which the bases then keep, and the
// decompositions of one adapter and of the stacks.
func (c *sharing) Scratch(module string) int64 {
	var out, width, ranks int64
	for _, m := range c.In[0].At(module) {
		if m.Form != adapter.Whole {
			out, width, ranks = int64(m.Out()), int64(m.In()), ranks+int64(m.Rank)
		}
	}
	return 8*(out+width)*ranks + lowrank.DecomposeBytes(int(out), int(width), int(min(ranks, out, width)), 1)
}
