package stages

import "github.com/loramerge/loramerge/recipe"

var svdKind = &Kind{
	Verb: recipe.Verb{
		Name:    "svd",
		Summary: "shorthand: the best adapter of a given rank for the weighted sum of the adapters' ΔW",
		Doc: `Stands for delta, sum, factor. PEFT's svd has the same name, but multiplies by each adapter's scale
twice (its get_delta_weight holds the scale already); this one does not.`,
		Flow:    "n → 1",
		Example: "{svd: [python, sql], weights: {python: 0.5, sql: 0.5}, rank: 16}",
		Params:  params(withoutParams(sumKind.Params, "weights-on"), factorParams),
	},
	Version: 1,
	Expand: func(s *recipe.Stage) []*recipe.Stage {
		return chain(s, step{verb: &deltaKind.Verb}, step{verb: &sumKind.Verb}, step{verb: &factorKind.Verb})
	},
}
