package stages

import (
	"slices"

	"github.com/loramerge/loramerge/recipe"
)

// step is one stage of a shorthand's expansion. Its verb takes the written
// parameters that it declares itself, but for those in without, which are meant for
// another step; presets stand behind what was written.
type step struct {
	kind    *Kind
	without []string
	presets map[string]any
}

// chain expands a shorthand to stages that follow each other: NAME/verb for the
// first ones, NAME for the last.
func chain(shorthand *recipe.Stage, steps ...step) []*recipe.Stage {
	var out []*recipe.Stage
	inputs := shorthand.Inputs
	for i, s := range steps {
		stage := &recipe.Stage{
			Position: shorthand.Position, Name: shorthand.Name + "/" + s.kind.Name, Verb: &s.kind.Verb,
			Inputs: inputs, Params: shorthand.Params.For(&s.kind.Verb, s.presets, s.without), Origin: shorthand,
		}
		if i == len(steps)-1 {
			stage.Name = shorthand.Name
		}
		out = append(out, stage)
		inputs = []recipe.Reference{{Position: shorthand.Position, Stage: stage.Name}}
	}
	return out
}

// params joins the parameters of a shorthand's steps, each once.
func params(lists ...[]*recipe.Param) []*recipe.Param {
	var out []*recipe.Param
	for _, list := range lists {
		for _, p := range list {
			if !slices.ContainsFunc(out, func(q *recipe.Param) bool { return q.Name == p.Name }) {
				out = append(out, p)
			}
		}
	}
	return out
}
