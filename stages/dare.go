package stages

import "github.com/loramerge/loramerge/recipe"

var dareKind = &Kind{
	Verb: recipe.Verb{
		Name:    "dare",
		Summary: "shorthand: dare-drop, average",
		Doc: `DARE (arXiv:2311.03099): dare-drop with density, seed and rescale, then the weighted mean. For the
weighted sum of the paper write the two stages, with sum.`,
		Flow:    "n → 1",
		Example: "{dare: [python, sql], density: 0.5, seed: 7}",
		Params:  params(dareDropKind.Params, averageKind.Params),
	},
	Version: 1,
	Expand: func(s *recipe.Stage) []*recipe.Stage {
		return chain(s, step{kind: dareDropKind}, step{kind: averageKind})
	},
}
