package lockfile

import (
	"cmp"
	"fmt"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/mapkeys"
)

// Change is one difference between a lock and what it is compared with.
type Change struct {
	What   string   `json:"what"` // an input, an output, a recipe, the plan, the kernels, the digest or the scores
	Text   string   `json:"text"`
	keys   []string // that lead to the entry in the lock's file
	remedy string
}

const (
	reviewed  = "if that is intended, review it and run with --update-lock"
	sameClass = "run it on a machine of that class, or renew the lock on this one with --update-lock"
	renewed   = "run it once without --locked, and commit the lock that it renews"
)

func (in Input) pair() Pair { return Pair{in.Path, in.Weights, in.Config} }

// InputChanges are the inputs that differ. One that the recipe newly loads, or no longer
// loads, is a change of the recipe and not of the input.
func (l *Lock) InputChanges(now *Lock) []Change {
	var all []Change
	for _, name := range mapkeys.Sorted(now.Inputs) {
		was, known := l.Inputs[name]
		is := now.Inputs[name]
		if known && was.Path == is.Path && (was.Weights != is.Weights || was.Config != is.Config) {
			key, text := was.pair().Difference(is.pair())
			all = append(all, Change{"input " + name, fmt.Sprintf("%s is not what the lock pins: %s", is.Path, text), []string{"inputs", name, key}, reviewed})
		}
	}
	return all
}

// Difference is the key of the first hash that differs, and how it does.
func (was Pair) Difference(is Pair) (key, text string) {
	if was.Weights != is.Weights {
		return "weights", fmt.Sprintf("its weights were %s and are %s", was.Weights, is.Weights)
	}
	return "config", fmt.Sprintf("its configuration was %s and is %s", was.Config, is.Config)
}

// Changes is everything that differs, except for the tool and the origins of inputs that are loaded by
// paths, which change no byte, and for scores if the other lock has none, since a run need not score anything.
// Digests of two versions can't be compared: then this is the one difference of plan, recipes
// and outputs.
func (l *Lock) Changes(now *Lock) []Change {
	all := l.InputChanges(now)
	add := func(what, was, is, remedy string, keys ...string) {
		if was != is {
			all = append(all, differs(what, was, is, remedy, keys...))
		}
	}
	for _, name := range mapkeys.United(l.Inputs, now.Inputs) {
		was, in := l.Inputs[name]
		is := now.Inputs[name]
		if !in || is == (Input{}) || was.Path != is.Path {
			add("input "+name, was.Path, is.Path, reviewed, "inputs", name, "path")
		} else if was.IsPinned() {
			add("input "+name, was.Origin, is.Origin, reviewed, "inputs", name, "origin")
		}
	}
	if l.Digest != now.Digest {
		text := fmt.Sprintf("the lock's digests are of version %d, and this loramerge makes those of version %d: they can't be compared", l.Digest, now.Digest)
		return append(all, Change{"digest", text, []string{"plan"}, renewed})
	}
	add("kernels", l.Kernels, now.Kernels, sameClass, "kernels")
	for _, name := range mapkeys.United(l.Recipes, now.Recipes) {
		add("recipe "+name, l.Recipes[name], now.Recipes[name], reviewed, "recipes", name)
	}
	add("plan", l.Plan, now.Plan, reviewed, "plan")
	for _, name := range mapkeys.United(l.Outputs, now.Outputs) {
		add("output "+name, l.Outputs[name].Weights, now.Outputs[name].Weights, reviewed, "outputs", name, "weights")
	}
	if now.Scores != nil {
		all = append(all, l.Scores.changes(now.Scores)...)
	}
	return all
}

func differs(what, was, is, remedy string, keys ...string) Change {
	return Change{what, fmt.Sprintf("was %s, is %s", cmp.Or(was, "nothing"), cmp.Or(is, "nothing")), keys, remedy}
}

// WithOutputs is the lock with other outputs.
func (l *Lock) WithOutputs(outputs map[string]Pair) *Lock {
	out := *l
	out.Outputs = outputs
	return &out
}

// Refusal is the Faults of changes that a run does not allow; those of inputs come first,
// since the plan's digest follows from them.
func (l *Lock) Refusal(changes []Change) error {
	var all *multierror.Error
	for _, c := range changes {
		m := fault.At(l.Place(c.keys...), "%s: %s", c.What, c.Text).Mend(c.remedy).See("locks")
		if c.keys[0] == "inputs" {
			m = m.Foremost()
		}
		all = multierror.Append(all, m)
	}
	return all.ErrorOrNil()
}
