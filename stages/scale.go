package stages

import (
	"context"

	"github.com/hashicorp/go-multierror"

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
