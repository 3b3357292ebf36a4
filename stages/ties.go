package stages

import "github.com/loramerge/loramerge/recipe"

// disjoint is the mean that TIES takes after an election (arXiv:2306.01708, step 3).
var disjoint = map[string]any{"over": "agreeing"}

var tiesKind = &Kind{
	Verb: recipe.Verb{
		Name:    "ties",
		Summary: "shorthand: trim, elect, average",
		Doc: `TIES (arXiv:2306.01708): trim with density and scope; elect with by and tie, on unweighted values;
average with weights over the agreeing. like: article averages over all; peft counts a tie as +, elects
on A and B as stored, whatever the scales, and shares w·s between them; mergekit elects on weighted
values, counts a tie as + and divides by the weights of those that agree; ties-paper trims over the
whole adapter and gives a tie to the majority.`,
		Flow:    "n → 1",
		Example: "{ties: [python, sql], density: 0.5, weights: {python: 0.6, sql: 0.4}}",
		Params: params(trimKind.Params, []*recipe.Param{electByParam, tieParam}, averageKind.Params,
			[]*recipe.Param{likeParam("article", "peft", "mergekit", "ties-paper")}, spaceParams),
	},
	Version: 1,
	Expand:  expandTies,
}

func expandTies(s *recipe.Stage) []*recipe.Stage {
	trim, elect, mean := step{verb: &trimKind.Verb}, unweightedVote(), step{verb: &averageKind.Verb, presets: disjoint}
	switch keyLike.Of(s.Params) {
	case "article":
		mean.presets = nil
	case "peft":
		elect.presets = peftElection(s)
		mean.presets = with(disjoint, rootWeights(s))
	case "mergekit":
		elect = mergekitElection()
		mean.presets = map[string]any{"over": "weights"}
	case "ties-paper":
		trim.presets = map[string]any{"scope": "adapter"}
		elect.presets = map[string]any{"tie": "majority"}
	}
	return chain(s, trim, elect, mean)
}

// peftElection counts a tie as +, and looks at A and B as they are stored: their scales
// come in with the weights (merge_utils.py, calculate_majority_sign_mask). A delta has no
// scale beside it.
func peftElection(s *recipe.Stage) map[string]any {
	presets := map[string]any{"tie": "positive"}
	if keySpace.Of(s.Params) == "factors" {
		presets["scales"] = "ignore"
	}
	return presets
}

// mergekitElection elects on weighted values, and counts a tie as +
// (generalized_task_arithmetic.py, get_mask).
func mergekitElection() step {
	return step{verb: &electKind.Verb, presets: map[string]any{"tie": "positive"}}
}

// unweightedVote elects on the values as they are: `weights` are meant for the mean.
func unweightedVote() step { return step{verb: &electKind.Verb, without: []string{"weights"}} }
