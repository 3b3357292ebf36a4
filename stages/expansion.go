package stages

import (
	"fmt"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/recipe"
)

// Expand gives the stages that a written one expands to: the steps of a shorthand, and the
// rescale of `norm: inputs` before it goes back to factors. A stage without an expansion is
// returned as it is, and so is one that could not be read. The error gathers a Fault
// for each parameter that was written and would have no effect.
func Expand(s *recipe.Stage) ([]*recipe.Stage, error) {
	if s.Verb == nil {
		return []*recipe.Stage{s}, nil
	}
	kind, ok := Find(s.Verb.Name)
	if !ok {
		panic("stages: verb " + s.Verb.Name + " is not in the table")
	}
	var steps []*recipe.Stage
	var err error
	if kind.Expand != nil {
		steps = kind.Expand(s)
	}
	if steps != nil {
		err = kind.checkTaken(s, steps)
	}
	if s.Verb.Declares(normParam.Name) && kind != rescaleKind && s.Params.Has(normParam.Name) {
		if steps == nil {
			steps = chain(s, step{verb: s.Verb})
		}
		steps = withNorm(s, steps)
	}
	if steps == nil {
		return []*recipe.Stage{s}, nil
	}
	last := steps[len(steps)-1]
	last.Keep, last.Allow = s.Keep, s.Allow
	return steps, err
}

// checkTaken refuses what no step of a shorthand takes.
func (k *Kind) checkTaken(s *recipe.Stage, steps []*recipe.Stage) error {
	var all *multierror.Error
	for _, name := range s.Params.Written() {
		if !k.Chooses(name) && !taken(steps, name) {
			all = multierror.Append(all, fault.At(s.Params.At(name), "%q has no effect here: no step of this %s takes it", name, k.Name).Mend(k.whereTaken(s, name)))
		}
	}
	return all.ErrorOrNil()
}

// whereTaken is the remedy for a parameter that has no effect: the space that has a use
// for it, if there is one.
func (k *Kind) whereTaken(s *recipe.Stage, name string) string {
	for _, space := range k.choices("space")[1:] {
		if taken(k.steps(beside{keyLike.Of(s.Params), space}), name) {
			return fmt.Sprintf("add `space: %s`, or leave it out", space)
		}
	}
	return "leave it out, or choose another `like`"
}
