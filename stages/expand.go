package stages

import (
	"slices"

	"github.com/loramerge/loramerge/recipe"
)

// step is one stage of a shorthand's expansion. Its verb takes the written
// parameters that it declares itself, except those in without, which are meant for
// another step; what was written has precedence over presets.
type step struct {
	verb    *recipe.Verb
	without []string
	presets map[string]any
}

// chain expands a shorthand to stages that follow each other: NAME/verb for the
// first ones, NAME for the last. With a `space` the way leads through that space.
func chain(shorthand *recipe.Stage, steps ...step) []*recipe.Stage {
	if into := spaceOf(shorthand); into != nil {
		steps = slices.Concat([]step{{verb: into}}, steps, []step{{verb: &factorKind.Verb}})
	}
	var out []*recipe.Stage
	inputs := shorthand.Inputs
	for i, s := range steps {
		name := shorthand.Name + "/" + s.verb.Name
		if i == len(steps)-1 {
			name = shorthand.Name
		}
		stage := s.stage(shorthand, name, inputs)
		out = append(out, stage)
		inputs = []recipe.Reference{{Position: shorthand.Position, Stage: stage.Name}}
	}
	return out
}

// spaceOf is the verb that leads into a shorthand's space; nil for factors.
func spaceOf(shorthand *recipe.Stage) *recipe.Verb {
	if !shorthand.Verb.Declares(string(keySpace)) {
		return nil
	}
	return map[string]*recipe.Verb{"delta": &deltaKind.Verb, "core": &coreKind.Verb}[keySpace.Of(shorthand.Params)]
}

// stage makes one stage of a shorthand.
func (s step) stage(shorthand *recipe.Stage, name string, inputs []recipe.Reference) *recipe.Stage {
	return &recipe.Stage{
		Position: shorthand.Position, Name: name, Verb: s.verb, Inputs: inputs, Origin: shorthand,
		Params: shorthand.Params.For(s.verb, s.presets, append(s.without, "like", normParam.Name)),
	}
}

// params joins the parameters of a shorthand's steps, each once. None of them is
// required of the shorthand itself but the density of a trim.
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

// spaceParams let a shorthand go through the space delta.
var spaceParams = append([]*recipe.Param{{
	Name: string(keySpace), Type: recipe.ChoiceType{"factors", "delta", "core"}, Default: "factors",
	Doc: "merge A and B separately (factors), or ΔW; delta and core need a rank, energy or budget to return to factors",
}}, factorParams...)

// likeParam names whose variant of a method is meant.
func likeParam(names ...string) *recipe.Param {
	return &recipe.Param{Name: string(keyLike), Type: recipe.ChoiceType(names), Doc: "the variant of the method, by its source; `plan` shows the expansion"}
}

func withoutParams(params []*recipe.Param, names ...string) []*recipe.Param {
	return slices.DeleteFunc(slices.Clone(params), func(p *recipe.Param) bool { return slices.Contains(names, p.Name) })
}

// rootWeights puts √|w·s| on A and on B (PEFT), which only the space factors knows.
func rootWeights(s *recipe.Stage) map[string]any {
	if spaceOf(s) != nil {
		return nil
	}
	return map[string]any{"weights-on": "delta"}
}

// with joins presets.
func with(presets ...map[string]any) map[string]any {
	out := make(map[string]any)
	for _, p := range presets {
		for name, value := range p {
			out[name] = value
		}
	}
	return out
}
