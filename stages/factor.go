package stages

import (
	"context"
	"math"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/lowrank"
	"github.com/loramerge/loramerge/recipe"
)

var factorParams = []*recipe.Param{
	{Name: string(keyRank), Type: recipe.CountType{Min: 1}, Doc: "the rank of every module"},
	{Name: string(keyEnergy), Type: recipe.NumberType{Min: 0, ExclusiveMin: true, Max: 1}, Doc: "the share of ‖ΔW‖² to keep at each module; the smallest rank that keeps it is used"},
	{Name: string(keyMaxRank), Type: recipe.CountType{Min: 1}, Doc: "with energy or budget, the greatest rank of a module"},
	{Name: string(keyBudget), Type: recipe.CountType{Min: 1}, Doc: "as many parameters as this rank at every module has; the modules share them by σ²/(out+in)"},
}

var factorKind = &Kind{
	Verb: recipe.Verb{
		Name:    "factor",
		Summary: "bring deltas back to A and B of a chosen rank",
		Doc: `Splits ΔW into B·A with alpha = r. The result is the best of its rank (Eckart–Young): for deltas held
as products through two thin QRs and one small SVD, for dense ones within 0.1 % of the least error. A
delta whose rank is no more than asked for is kept as it is, filled up with zeros. Choose one of rank,
energy and budget; the last two look at all modules first, and the ranks may then differ by module.
budget: r spends as many parameters as rank r everywhere would, on the singular triplets of all the
modules that hold most for their price, σ²/(out+in).`,
		Flow:    "n → n",
		Example: "{factor: merged, rank: 16}",
		Params:  factorParams,
	},
	Version: 5,
	Bind:    bindFactor,
}

// factoring is a factor whose ranks are one number, or are known after a survey.
type factoring struct {
	Spec
	ranks map[place]int // nil if every rank is `rank`, or not known yet
}

// place is one adapter's module.
type place struct{ adapter, module string }

func bindFactor(spec Spec) (Op, Type, error) {
	f := &factoring{Spec: spec}
	var all *multierror.Error
	if f.In[0].Space == Factors {
		all = multierror.Append(all, fault.At(f.Inputs[0].Position, "factor works on deltas, and factors flow in").
			Mend("use `rank` to change the rank of factors, or `delta` before").See("spaces"))
	}
	all = multierror.Append(all, f.checkChoice(), f.checkGroups(keyRank, f.In[0]), f.checkOfPairs(keyEnergy, f.In[0]))
	return f, f.out(), all.ErrorOrNil()
}

// out is the type of the result, with the ranks that are known.
func (f *factoring) out() Type {
	members := make([]Member, len(f.In[0].Members))
	for i, member := range f.In[0].Members {
		members[i] = member.with(mapModules(member.Modules, func(m adapter.Module) adapter.Module {
			m.RankPending = f.pending()
			return withRank(m, f.rank(member.Name, &m))
		}))
	}
	out := f.In[0].like(members)
	out.Space, out.Dense, out.Bases = Factors, false, nil
	return out
}

func (f *factoring) checkChoice() error {
	var all *multierror.Error
	chosen := 0
	for _, name := range []string{string(keyRank), string(keyEnergy), string(keyBudget)} {
		if f.Params.Has(name) {
			chosen++
		}
	}
	if chosen != 1 {
		all = multierror.Append(all, fault.At(f.Position, "factor needs one of `rank`, `energy` and `budget`, and has %d", chosen).
			Mend("give one of `rank: 16`, `energy: 0.99` and `budget: 16`"))
	}
	if keyMaxRank.In(f.Params) && keyRank.In(f.Params) {
		all = multierror.Append(all, fault.At(keyMaxRank.At(f.Params), "`rank` is the rank of every module and needs no bound").Mend("remove one of the two"))
	}
	for _, key := range []recipe.Key[uint64]{keyRank, keyBudget, keyMaxRank} {
		if key.Of(f.Params) > maxPaddedRank {
			all = multierror.Append(all, fault.At(key.At(f.Params), "a rank of more than %d is surely a slip", maxPaddedRank).
				Mend("a useful rank is below that of the module's matrix"))
		}
	}
	return all.ErrorOrNil()
}

// rank is what a module is brought to: as asked, as surveyed, or until then the
// greatest it may come to be.
func (f *factoring) rank(adapterName string, m *adapter.Module) int {
	if keyRank.In(f.Params) {
		return shared(int(min(keyRank.Of(f.Params), maxPaddedRank)), m)
	}
	if r, ok := f.ranks[place{adapterName, m.Name}]; ok {
		return r
	}
	return f.maxRank(m)
}

// pending reports whether a survey is still to choose the ranks.
func (f *factoring) pending() bool { return !keyRank.In(f.Params) && f.ranks == nil }

// maxRank is the greatest rank that energy or budget may choose.
func (f *factoring) maxRank(m *adapter.Module) int {
	most := min(m.Out(), m.In())
	if !f.In[0].Dense {
		most = min(most, m.Rank)
	}
	if keyMaxRank.In(f.Params) {
		most = min(most, shared(int(min(keyMaxRank.Of(f.Params), maxPaddedRank)), m))
	}
	return most
}

func (f *factoring) Apply(ctx context.Context, env Env, in []Value) (Value, error) {
	out := make(Value, len(in[0]))
	for i, part := range in[0] {
		out[i] = part
		m, ok := f.In[0].Members[i].Find(env.Module)
		if !ok {
			continue
		}
		var err error
		if out[i], err = f.bring(ctx, env, part, f.rank(part.Adapter, m)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// bring factors one delta to a rank and reports what that loses.
func (f *factoring) bring(ctx context.Context, env Env, part Part, rank int) (Part, error) {
	if part.W.Data == nil && part.A.Rows <= rank {
		if env.Report != nil {
			f.report(env, part.Adapter, 0, square(normOf(ctx, part)))
		}
		if part.A.Rows < rank {
			part.A, part.B = env.pad(part.A, part.B, rank)
		}
		return part, nil
	}
	svd, rest, err := decompose(ctx, env, part, rank)
	if ctx.Err() != nil {
		return part, ctx.Err()
	}
	if err != nil {
		return part, f.undecomposable(place{part.Adapter, env.Module}, err)
	}
	f.report(env, part.Adapter, sumSquares(svd.S[min(rank, len(svd.S)):])+rest, sumSquares(svd.S)+rest)
	product := svd.Truncate(rank)
	part.A, part.B, part.W, part.Bases = product.A, product.B, Matrix{}, nil
	return part, nil
}

// Loses is about what the rank cuts, which Apply reports.
func (f *factoring) Loses() Loss { return ReportsLoss }

func (f *factoring) report(env Env, adapterName string, lost, norm float64) {
	if env.Report != nil {
		env.Report(Deviation{Truncation, adapterName, env.Module, lost, norm})
	}
}

func square(x float64) float64 { return x * x }

// undecomposable is the Fault of a delta beyond float32.
func (f *factoring) undecomposable(at place, cause error) error {
	return fault.At(f.Position, "the delta of adapter %q at module %q can't be factored", at.adapter, at.module).
		Because(cause).Mend("check the scales and weights of the stages before it").See("too-large")
}

// decompose gives the leading singular values and vectors of a delta, at least rank
// of them if there are so many, and the sum of the squares of the values left out.
func decompose(ctx context.Context, env Env, part Part, rank int) (svd lowrank.SVD, rest float64, err error) {
	var left float64
	if part.Bases != nil {
		svd, left, err = part.Bases.Decompose(ctx, part.W, rank, env.Workers)
	} else if part.W.Data != nil {
		svd, left, err = lowrank.DecomposeDense(ctx, part.W, min(rank, part.W.Rows, part.W.Cols), env.Workers)
	} else {
		svd, left, err = lowrank.DecomposeLeading(ctx, lowrank.Product{B: part.B, A: part.A}, rank, env.Workers)
	}
	rest = square(left)
	if norm := sumSquares(svd.S) + rest; err == nil && (math.IsInf(norm, 0) || math.IsNaN(norm)) {
		err = lowrank.ErrNotFinite
	}
	return svd, rest, err
}

// PerWorker is the memory, in bytes, that each goroutine after the first takes beside a
// stage's Scratch when several share a module.
const PerWorker = lowrank.PackBytes

// Scratch is what the decomposition works in.
func (f *factoring) Scratch(module string) int64 {
	var most int64
	for i, m := range f.In[0].At(module) {
		switch {
		case m.Form == adapter.Whole:
		case f.In[0].Dense:
			most = max(most, lowrank.DecomposeDenseBytes(m.Out(), m.In(), min(f.rank(f.In[0].Members[i].Name, m), m.Out(), m.In()), 1))
		default:
			most = max(most, lowrank.DecomposeBytes(m.Out(), m.In(), m.Rank, 1))
		}
	}
	return most
}

func sumSquares(s []float64) float64 {
	sum := 0.0
	for _, x := range s {
		sum += x * x
	}
	return sum
}
