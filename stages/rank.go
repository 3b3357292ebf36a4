package stages

import (
	"context"
	"slices"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/lowrank"
	"github.com/loramerge/loramerge/recipe"
)

var rankKind = &Kind{
	Verb: recipe.Verb{
		Name:    "rank",
		Summary: "bring adapters to one rank",
		Doc: `Pads A with rows and B with columns of zeros, which changes nothing of ΔW, or truncates to the best
approximation of that rank (Eckart–Young, by SVD). The scale stays, so alpha follows the rank.`,
		Flow:    "n → n",
		Example: "{rank: [python, sql], to: 16}",
		Params: []*recipe.Param{
			{Name: string(keyToRank), Type: recipe.CountType{Min: 1}, Required: true, Doc: "the rank of every module"},
			{Name: string(keyHow), Type: recipe.ChoiceType{"pad", "truncate"}, Default: "pad", Doc: "whether a rank may only grow, or also shrink"},
		},
	},
	Version: 5,
	Bind:    bindRank,
}

// maxPaddedRank bounds `to`, so that a slip of the pen does not ask for terabytes.
const maxPaddedRank = 1 << 16

type ranking struct{ Spec }

// to is the rank of a module; the groups of a convolution share that of their layer.
func (r *ranking) to(m *adapter.Module) int {
	return shared(int(min(keyToRank.Of(r.Params), maxPaddedRank)), m)
}

func bindRank(spec Spec) (Op, Type, error) {
	r, in := &ranking{Spec: spec}, spec.In
	var all *multierror.Error
	if in[0].Space != Factors {
		all = multierror.Append(all, fault.At(r.Position, "rank works on factors, not on deltas").Mend("use `factor` to leave the space delta").See("spaces"))
	}
	if keyToRank.Of(r.Params) > maxPaddedRank {
		all = multierror.Append(all, fault.At(keyToRank.At(r.Params), "a rank of more than %d is surely a slip", maxPaddedRank).
			Mend("a useful rank is below that of the module's matrix"))
	}
	all = multierror.Append(all, r.checkGroups(keyToRank, in[0]))
	members := make([]Member, len(in[0].Members))
	for i, member := range in[0].Members {
		members[i] = member.with(mapModules(member.Modules, func(m adapter.Module) adapter.Module {
			m.RankPending = false
			return withRank(m, r.to(&m))
		}))
		if m := r.tooLarge(member); m != nil && keyHow.Of(r.Params) == "pad" {
			all = multierror.Append(all, fault.At(keyToRank.At(r.Params), "adapter %q has rank %d at %q, which can't be padded to %d", member.Name, m.Rank, m.Name, r.to(m)).
				Mend("pad to at least that, or let `how: truncate` cut it"))
		}
	}
	return r, in[0].like(members), all.ErrorOrNil()
}

// tooLarge leaves out ranks that a run has yet to choose: they are checked once they are known.
func (r *ranking) tooLarge(member Member) *adapter.Module {
	for _, m := range member.Modules {
		if m.Rank > r.to(m) && !m.RankPending {
			return m
		}
	}
	return nil
}

func (r *ranking) Apply(ctx context.Context, env Env, in []Value) (Value, error) {
	out := slices.Clone(in[0])
	for i, m := range r.In[0].At(env.Module) {
		part, to := in[0][i], r.to(m)
		switch {
		case part.Absent() || part.A.Rows == to:
		case part.A.Rows < to:
			part.A, part.B = env.pad(part.A, part.B, to)
		default:
			svd, _, err := lowrank.DecomposeLeading(ctx, lowrank.Product{B: part.B, A: part.A}, to, env.Workers)
			if err != nil {
				return nil, err
			}
			cut := svd.Truncate(to)
			part.A, part.B = cut.A, cut.B
		}
		out[i] = part
	}
	return out, nil
}

// Decomposes is true of a truncation, which is by SVD.
func (r *ranking) Decomposes() bool { return keyHow.Of(r.Params) == "truncate" }

// Loses is about a truncation.
func (r *ranking) Loses() Loss {
	if r.Decomposes() {
		return LosesRank
	}
	return LosesNothing
}

// Scratch is what one truncation at a time works in.
func (r *ranking) Scratch(module string) int64 {
	var most int64
	for _, m := range r.In[0].At(module) {
		if m.Rank > r.to(m) {
			most = max(most, lowrank.DecomposeBytes(m.Out(), m.In(), m.Rank, 1))
		}
	}
	return most
}
