package stages

import "github.com/loramerge/loramerge/recipe"

var linearKind = &Kind{
	Verb: recipe.Verb{
		Name:    "linear",
		Summary: "shorthand: the weighted mean",
		Doc:     `Stands for average.`,
		Flow:    "n → 1",
		Example: "{linear: [python, sql], weights: {python: 0.6, sql: 0.4}}",
		Params:  params(averageKind.Params),
	},
	Version: 1,
	Expand:  func(s *recipe.Stage) []*recipe.Stage { return chain(s, step{kind: averageKind}) },
}
