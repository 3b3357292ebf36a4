package stages

import (
	"context"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/kernels"
	"github.com/loramerge/loramerge/recipe"
)

var (
	electByParam = &recipe.Param{Name: string(keyBy), Type: recipe.ChoiceType{"total", "frequency"}, Default: "total",
		Doc: "sum the values (with their weights), or count the signs"}
	tieParam = &recipe.Param{Name: string(keyTie), Type: recipe.ChoiceType{"drop", "positive", "majority"}, Default: "drop",
		Doc: "the result of a vote of exactly 0: drop all, count as + (PEFT), or take the sign of most votes of the tensor (the TIES paper)"}
	votesParam  = &recipe.Param{Name: string(keyWeights), Type: anyNumber, Default: recipe.Constant(1), Doc: "the weight of each adapter's vote"}
	scalesParam = &recipe.Param{Name: string(keyScales), Type: recipe.ChoiceType{"refuse", "ignore"}, Default: "refuse",
		Doc: "how to treat adapters of different scale alpha/r in the space factors: refuse them, or let A and B vote as they are stored (PEFT)"}
)

var electKind = &Kind{
	Verb: recipe.Verb{
		Name:    "elect",
		Summary: "elect a sign for each element and drop the elements of the other sign",
		Doc: `The second step of TIES (arXiv:2306.01708): for each element the sign of Σ wᵢ·xᵢ (by: total) or of
Σ sign(xᵢ) (by: frequency) is elected, and every xᵢ of another sign becomes 0. Under a weight below 0
the sign of −xᵢ is compared, as in mergekit: of an adapter that is subtracted, those elements stay
whose subtraction goes in the elected direction.`,
		Flow:    "n → n",
		Example: "{elect: [python, sql], by: frequency, tie: majority}",
		Params:  []*recipe.Param{electByParam, tieParam, votesParam, scalesParam, missingParam},
	},
	Version: 3,
	Pass:    1,
	Thins:   true,
	Bind:    bindElect,
}

type election struct{ Spec }

func bindElect(spec Spec) (Op, Type, error) {
	e, in := &election{Spec: spec}, spec.In
	out, err := e.alignWith(in[0], tolerance{scales: keyScales.Of(e.Params) == "ignore"})
	all := multierror.Append(err, e.checkOfPairs(keyWeights, in[0]))
	if keyBy.Of(e.Params) == "frequency" && keyWeights.In(e.Params) {
		all = multierror.Append(all, fault.At(keyWeights.At(e.Params), "a vote by frequency counts signs and has no weights").Mend("remove it, or elect by total"))
	}
	return e, out.dense(), all.ErrorOrNil()
}

func (e *election) Apply(ctx context.Context, env Env, in []Value) (Value, error) {
	value := env.fillGaps(in[0])
	vote := e.vote(ctx, env, value)
	return env.mapAll(ctx, value, func(dsts, srcs []Matrix) {
		votes := env.Memory.Floats(len(srcs[0].Data))
		defer env.Memory.Free(votes)
		vote(votes, srcs)
		e.breakTies(votes)
		turned := false
		for i, weight := range e.weights(env.Site, value.names()) {
			if turned != (weight < 0) {
				kernels.Scale(votes, votes, -1)
				turned = !turned
			}
			if ctx.Err() != nil {
				return
			}
			kernels.Agree(dsts[i].Data, srcs[i].Data, votes)
		}
	}), nil
}

// Scratch is one tensor of votes, and what fills the gaps.
func (e *election) Scratch(module string) int64 {
	return 4*e.In[0].dense().largest(module) + e.scratch(module, e.In[0], false)
}

// vote is the way the votes are counted.
func (e *election) vote(ctx context.Context, env Env, in Value) func(votes []float32, xs []Matrix) {
	weights := float32s(e.weights(env.Site, in.names()))
	byFrequency := keyBy.Of(e.Params) == "frequency"
	return func(votes []float32, xs []Matrix) {
		inBlocks(ctx, len(votes), func(from, to int) {
			if byFrequency {
				kernels.VotesFrequency(votes[from:to], ranges(xs, from, to))
			} else {
				kernels.Combine(votes[from:to], ranges(xs, from, to), weights)
			}
		})
	}
}

func (e *election) breakTies(votes []float32) {
	switch keyTie.Of(e.Params) {
	case "positive":
		kernels.BreakTies(votes, 1)
	case "majority":
		if majority := kernels.Majority(votes); majority > 0 {
			kernels.BreakTies(votes, 1)
		} else if majority < 0 {
			kernels.BreakTies(votes, -1)
		}
	}
}
