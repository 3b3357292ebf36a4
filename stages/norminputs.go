package stages

import (
	"fmt"
	"slices"

	"github.com/loramerge/loramerge/recipe"
)

// interference is κ of `norm: inputs`: measured on sets of two to five adapters, it costs
// nothing in the mean over their tasks and helps the worst of four and more.
const interference = 0.4

// SetsNorm reports whether a stage has a say on the norm of what it makes.
func SetsNorm(written *recipe.Stage) bool {
	return written.Verb.Declares(string(keyNorm)) && keyNorm.In(written.Params)
}

// SizedLine is a stage that brings what a stage gives to the size of the adapters named,
// as `norm: inputs` does, with the weights of the stage that combines them.
func SizedLine(stage, adapters string, combines *recipe.Stage) string {
	weights := ""
	if combines.Verb.Declares(string(keyWeights)) && keyWeights.In(combines.Params) {
		weights = ", weights: " + combines.Params.Texts()[string(keyWeights)]
	}
	return fmt.Sprintf("%s_sized: {rescale: %s, like: %s, norm: %s, scope: adapter, interference: %g%s}", stage, stage, adapters, meanOfNorms, interference, weights)
}

// withNorm appends the rescale, before a last step that cuts to a rank: what the cut takes
// is not given back.
func withNorm(written *recipe.Stage, steps []*recipe.Stage) []*recipe.Stage {
	reference := func(to *recipe.Stage) []recipe.Reference {
		return []recipe.Reference{{Position: written.Position, Stage: to.Name}}
	}
	presets := map[string]any{"like": written.Inputs, "norm": meanOfNorms, "scope": "adapter", "interference": recipe.Constant(interference)}
	others := slices.DeleteFunc(rescaleKind.ParamNames(), func(name string) bool { return name == weightsParam.Name })
	rescale := step{verb: &rescaleKind.Verb, without: others, presets: presets}
	at := len(steps)
	if steps[at-1].Verb == &factorKind.Verb {
		at--
	}
	merged := steps[at-1]
	if at == len(steps) {
		merged.Name += "/" + merged.Verb.Name
		return append(steps, rescale.stage(written, written.Name, reference(merged)))
	}
	sized := rescale.stage(written, written.Name+"/"+normParam.Name, reference(merged))
	steps[at].Inputs = reference(sized)
	return slices.Insert(steps, at, sized)
}
