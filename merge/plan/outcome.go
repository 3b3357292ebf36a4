package plan

import (
	"cmp"
	"slices"

	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// Outcomes is what a run would do with a plan's outputs, and why.
type Outcomes struct {
	Outputs []Outcome `json:"outputs"` // in the order of the plan
	// UpToDate is true where the lock and all outputs are what a run would write, so that it does
	// nothing; of scores, Command.Known tells.
	UpToDate bool `json:"up_to_date"`
	// Refused are the inputs that the lock pins as they were: a run refuses them until it is told
	// to renew the lock.
	Refused []string `json:"refused,omitempty"`
	// Renews is what a run would change in the lock alone, where the outputs are up to date.
	Renews []string `json:"renews,omitempty"`
}

// Outcome is what a run would do with one output.
type Outcome struct {
	Stage string       `json:"stage"`
	Path  string       `json:"path"` // seen from the current folder
	Does  Action       `json:"does"`
	Why   []Difference `json:"why,omitempty"`  // what changed since the output was made
	Note  string       `json:"note,omitempty"` // why, if nothing of that kind did
	// ReadBy says which releases of a reader read it, where not all do.
	ReadBy string `json:"read_by,omitempty"`
}

// Action is what a run does with an output.
type Action string

// The actions of a run.
const (
	Creates  Action = "new"        // there is nothing at its place
	Changes  Action = "changed"    // it was made from another recipe or from other inputs
	Remakes  Action = "made again" // from the same ones
	Keeps    Action = "up to date"
	Replaces Action = "replaces" // something that loramerge did not make
)

// Since compares what leads to a save with what an output's metadata say that it was made from:
// the recipe, by meaning, those that it loads, the inputs' files, and what is carried. It opens no
// adapter, since with other ones the old recipe might not even be planned. A recipe in the
// metadata that can't be read is an error, be it one that was loaded.
func (p *Plan) Since(n *Node, said *Provenance, carried map[string]string, inputs []Input) ([]Difference, error) {
	was, err := recipe.Parse("the metadata", []byte(said.Recipe), stages.Verbs())
	if err != nil {
		return nil, err
	}
	out := since("", Diff(was, p.Recipe.Leading(n.Stage.Name)))
	for _, other := range p.others(n) {
		changes, err := other.since(said.Recipes)
		if err != nil {
			return nil, err
		}
		out = append(out, changes...)
	}
	out = append(append(out, inputsSince(n.LeadingIn(inputs), said.Inputs)...), n.carriedSince(carried, inputs)...)
	if was, is := said.BaseConfig, n.baseConfig(); was != is && was != "" && is != "" {
		out = append(out, Difference{n.ID, "the base model's configuration", was, is})
	}
	return out, nil
}

// baseConfig is the hash of the base model's configuration that a save reads, if it reads one.
func (n *Node) baseConfig() string {
	if config := n.Op.(stages.Sink).BaseConfig(); config != nil {
		return "sha256:" + config.SHA256
	}
	return ""
}

// since are the changes of a recipe that is loaded. Which stages load it, the other recipe says.
func (r ProvenRecipe) since(said []ProvenRecipe) ([]Difference, error) {
	at := slices.IndexFunc(said, func(was ProvenRecipe) bool { return was.Path == r.Path && was.Set == r.Set })
	if at < 0 || said[at].Recipe == r.Recipe {
		return nil, nil
	}
	was, err := recipe.Parse(r.Path, []byte(said[at].Recipe), stages.Verbs())
	if err != nil {
		return nil, err
	}
	is, err := recipe.Parse(r.Path, []byte(r.Recipe), stages.Verbs())
	if err != nil {
		return nil, err
	}
	return since(r.Path, Diff(was, is)), nil
}

// since gives changes the form of reasons.
func since(file string, changes []StageChange) []Difference {
	var out []Difference
	for _, c := range changes {
		name := c.Stage
		if name == "" {
			name = "recipe"
		}
		if file != "" {
			name = file + ": " + name
		}
		out = append(out, Difference{name, c.What, cmp.Or(c.Was, "nothing"), cmp.Or(c.Is, "nothing")})
	}
	return out
}

// inputsSince are the inputs at one path whose files have changed. An input at another path is a
// change of the recipe.
func inputsSince(inputs []Input, said []ProvenInput) []Difference {
	var out []Difference
	add := func(in *Input, what, was, is string) {
		d := Difference{in.Stage, what + " of " + in.Path, was, is}
		if was != is && !slices.Contains(out, d) {
			out = append(out, d)
		}
	}
	for i := range inputs {
		is := inputs[i].Proven()
		at := slices.IndexFunc(said, func(was ProvenInput) bool { return was.Adapter == is.Adapter && was.Path == is.Path })
		if at >= 0 {
			add(&inputs[i], "weights", said[at].Weights, is.Weights)
			add(&inputs[i], "configuration", said[at].Config, is.Config)
		}
	}
	return out
}

// carriedSince are the files that a save copies and that have changed.
func (n *Node) carriedSince(said map[string]string, inputs []Input) []Difference {
	var out []Difference
	for _, c := range n.Carries {
		if was, is := said[c.Name], c.Hash(inputs).String(); was != is && was != "" {
			out = append(out, Difference{n.ID, "file " + c.Name, was, is})
		}
	}
	return out
}
