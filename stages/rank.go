package stages

import (
	"context"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/adapter"
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
			{Name: "to", Type: recipe.CountType{Min: 1}, Required: true, Doc: "the rank of every module"},
			{Name: "how", Type: recipe.ChoiceType{"pad", "truncate"}, Default: "pad", Doc: "whether a rank may only grow, or also shrink"},
		},
	},
	Version: 2,
	New:     func(s Setting) Stage { return &ranking{s} },
}

// maxPaddedRank bounds `to`, so that a slip of the pen does not ask for terabytes.
const maxPaddedRank = 1 << 16

type ranking struct{ Setting }

func (r *ranking) to() int { return int(min(r.Params.Count("to"), maxPaddedRank)) }

func (r *ranking) Check(in []Type) (Type, error) {
	var all *multierror.Error
	if in[0].Space != Factors {
		all = multierror.Append(all, recipe.Mistakef(r.Position, "use `factor` to leave the space delta", "rank works on factors, not on deltas").See("spaces"))
	}
	if r.Params.Count("to") > maxPaddedRank {
		all = multierror.Append(all, recipe.Mistakef(r.Params.At("to"), "a useful rank is below that of the module's matrix", "a rank of more than %d is surely a slip", maxPaddedRank))
	}
	members := make([]Member, len(in[0].Members))
	for i, member := range in[0].Members {
		members[i] = member.with(mapModules(member.Modules, func(m adapter.Module) adapter.Module {
			m.Open = false
			return withRank(m, r.to())
		}))
		if m := tooLarge(member, r.to()); m != nil && r.Params.Text("how") == "pad" {
			all = multierror.Append(all, recipe.Mistakef(r.Params.At("to"), "pad to at least that, or let `how: truncate` cut it",
				"adapter %q has rank %d at %q, which can't be padded to %d", member.Name, m.Rank, m.Name, r.to()))
		}
	}
	return in[0].like(members), all.ErrorOrNil()
}

// tooLarge leaves out ranks that a run has yet to choose: they are checked once they are known.
func tooLarge(member Member, rank int) *adapter.Module {
	for _, m := range member.Modules {
		if m.Rank > rank && !m.Open {
			return m
		}
	}
	return nil
}

func (r *ranking) Apply(_ context.Context, at Site, in []Value) (Value, error) {
	out := make(Value, len(in[0]))
	for i, part := range in[0] {
		switch {
		case part.Absent() || part.A.Rows == r.to():
		case part.A.Rows < r.to():
			part.A, part.B = at.pad(part.A, part.B, r.to())
		default:
			svd, _, err := lowrank.DecomposeLeading(lowrank.Product{B: part.B, A: part.A}, r.to(), at.Workers)
			if err != nil {
				return nil, err
			}
			cut := svd.Truncate(r.to())
			part.A, part.B = cut.A, cut.B
		}
		out[i] = part
	}
	return out, nil
}

// Decomposes tells of a truncation, which is by SVD.
func (r *ranking) Decomposes() bool { return r.Params.Text("how") == "truncate" }

// Scratch is what one truncation at a time works in.
func (r *ranking) Scratch(module string, in []Type) int64 {
	var most int64
	for _, m := range in[0].At(module) {
		if m.Rank > r.to() {
			most = max(most, lowrank.DecomposeBytes(m.Out(), m.In(), m.Rank, 1))
		}
	}
	return most
}

// pad adds rows of zeros to A and columns of zeros to B.
func (s Site) pad(a, b Matrix, rank int) (Matrix, Matrix) {
	wideA, wideB := s.matrix(rank, a.Cols), s.matrix(b.Rows, rank)
	clear(wideA.Data[copy(wideA.Data, a.Data):])
	for i := range b.Rows {
		row := wideB.Row(i)
		clear(row[copy(row, b.Row(i)):])
	}
	return wideA, wideB
}
