package stages

import (
	"context"
	"slices"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/recipe"
)

var selectKind = &Kind{
	Verb: recipe.Verb{
		Name:    "select",
		Summary: "keep some modules and leave out the others",
		Doc: `Keeps the modules that a glob of include matches (all, if there is none) and no glob of exclude.
Heads and biases are modules too. A glob matches from the start of a name or after a dot, to its end.`,
		Flow:    "n → n",
		Example: `{select: [python, sql], include: "*.q_proj", exclude: "layers.0.*"}`,
		Params: []*recipe.Param{
			{Name: string(keyInclude), Type: recipe.GlobsType{}, Doc: "what to keep"},
			{Name: string(keyExclude), Type: recipe.GlobsType{}, Doc: "what to leave out of these"},
		},
	},
	Version: 1,
	Bind:    bindSelect,
}

type selection struct{ Spec }

func bindSelect(spec Spec) (Op, Type, error) {
	s, in := &selection{Spec: spec}, spec.In
	var all *multierror.Error
	sites := Sites(in[0].Union())
	for _, key := range []recipe.Key[[]recipe.Glob]{keyInclude, keyExclude} {
		for _, glob := range key.Of(s.Params) {
			if m := glob.CheckMatches(sites); m != nil {
				all = multierror.Append(all, m)
			}
		}
	}
	out := make([]Member, len(in[0].Members))
	for i, member := range in[0].Members {
		kept := slices.DeleteFunc(slices.Clone(member.Modules), func(m *adapter.Module) bool { return !s.keeps(m.Name) })
		if len(kept) == 0 && all == nil {
			all = multierror.Append(all, fault.At(s.Position, "nothing of adapter %q is left", member.Name).Mend("widen include, or narrow exclude"))
		}
		out[i] = member.with(kept)
	}
	return s, in[0].like(out), all.ErrorOrNil()
}

func (s *selection) keeps(module string) bool {
	matches := func(g recipe.Glob) bool { return g.Match(module) }
	include := keyInclude.Of(s.Params)
	return (len(include) == 0 || slices.ContainsFunc(include, matches)) &&
		!slices.ContainsFunc(keyExclude.Of(s.Params), matches)
}

// Apply passes on what the types have kept: modules left out are never asked for.
func (s *selection) Apply(_ context.Context, _ Env, in []Value) (Value, error) {
	return in[0], nil
}
