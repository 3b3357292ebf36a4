package stages

import (
	"slices"

	"github.com/loramerge/loramerge/recipe"
)

var dareTiesKind = &Kind{
	Verb: recipe.Verb{
		Name:    "dare-ties",
		Summary: "shorthand: dare-drop by chance, elect, average",
		Doc: `DARE's drop by chance in the place of TIES' trim: dare-drop with density, seed and rescale; elect by
total with tie, on unweighted values; average with weights over the agreeing.`,
		Flow:    "n → 1",
		Example: "{dare-ties: [python, sql], density: 0.5}",
		Params:  params(withoutParam(dareDropKind.Params, "by"), []*recipe.Param{electByParam, tieParam}, averageKind.Params),
	},
	Version: 1,
	Expand: func(s *recipe.Stage) []*recipe.Stage {
		return chain(s,
			step{kind: dareDropKind, without: []string{"by"}},
			step{kind: electKind, without: []string{"weights"}},
			step{kind: averageKind, presets: disjoint})
	},
}

func withoutParam(params []*recipe.Param, name string) []*recipe.Param {
	return slices.DeleteFunc(slices.Clone(params), func(p *recipe.Param) bool { return p.Name == name })
}
