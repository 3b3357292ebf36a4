package stages

import "github.com/loramerge/loramerge/recipe"

var linearKind = &Kind{
	Verb: recipe.Verb{
		Name:    "linear",
		Summary: "shorthand: the weighted mean, or PEFT's weighted sum",
		Doc: `Stands for average. like: peft is a sum with sign(w·s)·√|w·s| on A and √|w·s| on B, as PEFT's
add_weighted_adapter(combination_type="linear") has it; mergekit and the article take the mean.`,
		Flow:    "n → 1",
		Example: "{linear: [python, sql], weights: {python: 0.6, sql: 0.4}}",
		Params:  params(averageKind.Params, []*recipe.Param{likeParam("article", "peft", "mergekit")}, spaceParams),
	},
	Version: 1,
	Expand: func(s *recipe.Stage) []*recipe.Stage {
		if keyLike.Of(s.Params) == "peft" {
			return chain(s, step{verb: &sumKind.Verb, presets: rootWeights(s)})
		}
		return chain(s, step{verb: &averageKind.Verb})
	},
}
