package stages

import "github.com/loramerge/loramerge/recipe"

var dareTiesKind = &Kind{
	Verb: recipe.Verb{
		Name:    "dare-ties",
		Summary: "shorthand: dare-drop at random, elect, average",
		Doc: `DARE's drop at random instead of TIES' trim: dare-drop with density, seed and rescale; elect with by
and tie, on unweighted values; average with weights over the agreeing. like: peft counts a tie as +,
elects on A and B as stored, whatever the scales, and shares w·s between them; mergekit rescales by the
l1 norm, elects on weighted values, counts a tie as + and divides by the weights of those that agree.`,
		Flow:    "n → 1",
		Example: "{dare-ties: [python, sql], density: 0.5}",
		Params: params(withoutParams(dareDropKind.Params, "by"), []*recipe.Param{electByParam, tieParam}, averageKind.Params,
			[]*recipe.Param{likeParam("peft", "mergekit")}, spaceParams),
	},
	Version: 1,
	Expand:  expandDareTies,
}

func expandDareTies(s *recipe.Stage) []*recipe.Stage {
	drop, elect, mean := step{verb: &dareDropKind.Verb, without: []string{"by"}}, unweightedVote(), step{verb: &averageKind.Verb, presets: disjoint}
	switch keyLike.Of(s.Params) {
	case "peft":
		elect.presets = peftElection(s)
		mean.presets = with(disjoint, rootWeights(s))
	case "mergekit":
		drop.presets = map[string]any{"rescale": "l1"}
		elect = mergekitElection()
		mean.presets = map[string]any{"over": "weights"}
	}
	return chain(s, drop, elect, mean)
}
