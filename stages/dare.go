package stages

import "github.com/loramerge/loramerge/recipe"

var dareKind = &Kind{
	Verb: recipe.Verb{
		Name:    "dare",
		Summary: "shorthand: dare-drop, average",
		Doc: `DARE (arXiv:2311.03099): dare-drop with density, seed and rescale, then the weighted mean. like: peft
takes the weighted sum and shares w·s between A and B; mergekit rescales by the l1 norm; article drops
by disagreement, sums, and restores the norm of the plain sum.`,
		Flow:    "n → 1",
		Example: "{dare: [python, sql], density: 0.5, seed: 7}",
		Params:  params(dareDropKind.Params, averageKind.Params, []*recipe.Param{likeParam("article", "peft", "mergekit")}, spaceParams),
	},
	Version: 1,
	Expand:  expandDare,
}

func expandDare(s *recipe.Stage) []*recipe.Stage {
	drop, mean := step{verb: &dareDropKind.Verb}, step{verb: &averageKind.Verb}
	switch keyLike.Of(s.Params) {
	case "article":
		return expandArticleDare(s)
	case "peft":
		mean = step{verb: &sumKind.Verb, presets: rootWeights(s)}
	case "mergekit":
		drop.presets = map[string]any{"rescale": "l1"}
	}
	return chain(s, drop, mean)
}

// expandArticleDare drops by disagreement and gives the sum of the rest the norm of
// the plain sum, which needs a second branch.
func expandArticleDare(s *recipe.Stage) []*recipe.Stage {
	inputs := s.Inputs
	at := func(name string) recipe.Reference { return recipe.Reference{Position: s.Position, Stage: name} }
	var out []*recipe.Stage
	add := func(name string, from []recipe.Reference, what step) []recipe.Reference {
		out = append(out, what.stage(s, name, from))
		return []recipe.Reference{at(name)}
	}
	last := s.Name
	into := spaceOf(s)
	if into != nil {
		inputs, last = add(s.Name+"/"+into.Name, inputs, step{verb: into}), s.Name+"/rescale"
	}
	dropped := add(s.Name+"/dare-drop", inputs, step{verb: &dareDropKind.Verb, presets: map[string]any{"by": "disagreement"}})
	rest := add(s.Name+"/sum", dropped, step{verb: &sumKind.Verb})
	plain := add(s.Name+"/plain-sum", inputs, step{verb: &sumKind.Verb})
	restored := add(last, rest, step{verb: &rescaleKind.Verb, without: []string{"by", "weights"}, presets: map[string]any{"like": plain}})
	if into != nil {
		add(s.Name, restored, step{verb: &factorKind.Verb})
	}
	return out
}
