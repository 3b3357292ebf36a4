package stages

import (
	"context"
	"slices"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/kernels"
	"github.com/loramerge/loramerge/recipe"
)

var scaleKind = &Kind{
	Verb: recipe.Verb{
		Name:    "scale",
		Summary: "multiply adapters, or fold their alpha into B",
		Doc: `Multiplies ΔW by a number. With alpha: fold the adapter's own scale s (alpha/r, or alpha/√r) is put
into B as well, B ← s·B, so that alpha = r and adapters of different alpha can be merged in the
space factors. Of a pair, B alone is multiplied. Heads and biases stay as they are.`,
		Flow:    "n → n",
		Example: "{scale: [python, sql], by: {python: 0.5, sql: 2}}",
		Params: []*recipe.Param{
			{Name: string(keyFactor), Type: anyNumber, Default: recipe.Constant(1), Doc: "the factor of each adapter"},
			{Name: string(keyAlpha), Type: recipe.ChoiceType{"keep", "fold"}, Default: "keep", Doc: "whether the scale goes into B"},
		},
	},
	Version: 1,
	Bind:    bindScale,
}

type scaling struct {
	Spec
}

func (s *scaling) folds() bool { return s.In[0].Space == Factors && keyAlpha.Of(s.Params) == "fold" }

func bindScale(spec Spec) (Op, Type, error) {
	s := &scaling{Spec: spec}
	if !s.folds() {
		return s, s.In[0], s.checkOfPairs(keyFactor, s.In[0])
	}
	members := make([]Member, len(s.In[0].Members))
	for i, member := range s.In[0].Members {
		members[i] = member.with(mapModules(member.Modules, foldScale))
	}
	return s, s.In[0].like(members), multierror.Append(nil, s.checkOfPairs(keyFactor, s.In[0])).ErrorOrNil()
}

// foldScale is the module once its scale is in B.
func foldScale(m adapter.Module) adapter.Module {
	m.Scale, m.Alpha = 1, float64(m.Rank)
	return m
}

// mapModules gives a changed copy of every pair; whole tensors stay. The copies lie side
// by side: the planner walks through hundreds of thousands of them.
func mapModules(modules []*adapter.Module, change func(adapter.Module) adapter.Module) []*adapter.Module {
	out, changed := slices.Clone(modules), make([]adapter.Module, len(modules))
	for i, m := range modules {
		if m.Form != adapter.Whole {
			changed[i] = change(*m)
			out[i] = &changed[i]
		}
	}
	return out
}

func (s *scaling) Apply(_ context.Context, env Env, in []Value) (Value, error) {
	out := make(Value, len(in[0]))
	for i, part := range in[0] {
		factor := keyFactor.Of(s.Params).At(part.Adapter, env.Site)
		if m, ok := s.In[0].Members[i].Find(env.Module); ok && s.folds() {
			factor *= m.Scale
		}
		out[i] = env.scalePart(part, factor)
	}
	return out, nil
}

// scalePart multiplies what the part stands for: B of a pair, or W.
func (e Env) scalePart(part Part, factor float64) Part {
	slot := &part.B
	if part.W.Data != nil {
		slot = &part.W
	}
	if factor == 1 || slot.Data == nil {
		return part
	}
	src := *slot
	*slot = e.matrix(src.Rows, src.Cols)
	kernels.Scale(slot.Data, src.Data, float32(factor))
	return part
}
