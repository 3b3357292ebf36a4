package stages

import "github.com/loramerge/loramerge/recipe"

// disjoint is the mean that TIES takes after an election (arXiv:2306.01708, step 3).
var disjoint = map[string]any{"over": "agreeing"}

var tiesKind = &Kind{
	Verb: recipe.Verb{
		Name:    "ties",
		Summary: "shorthand: trim, elect, average",
		Doc: `TIES (arXiv:2306.01708): trim with density and scope; elect with by and tie, on unweighted values;
average with weights over the agreeing.`,
		Flow:    "n → 1",
		Example: "{ties: [python, sql], density: 0.5, weights: {python: 0.6, sql: 0.4}}",
		Params:  params(trimKind.Params, []*recipe.Param{electByParam, tieParam}, averageKind.Params),
	},
	Version: 1,
	Expand: func(s *recipe.Stage) []*recipe.Stage {
		return chain(s, step{kind: trimKind}, step{kind: electKind, without: []string{"weights"}}, step{kind: averageKind, presets: disjoint})
	},
}
