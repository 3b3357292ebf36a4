package plan

import (
	"slices"

	"github.com/loramerge/loramerge/internal/digest"
)

// Digests are those of a plan's results.
type Digests struct {
	Stages []Description // in the order of the plan
	// Outputs are those, by stage, of what is saved, including the recipe that is written into
	// it; Plan is that of all of them. The class of the matrix kernels is no part of these:
	// Kernels names it where an output depends on one.
	Outputs map[string]digest.Digest
	Plan    digest.Digest
	Kernels string
}

// Digests needs the inputs' hashes; see Plan.Inputs.
func (p *Plan) Digests(inputs []Input) Digests {
	out := Digests{Stages: p.descriptions(inputs, true), Outputs: make(map[string]digest.Digest)}
	anywhere := p.descriptions(inputs, false)
	var all []digest.Digest
	for _, n := range p.Sinks() {
		output := p.describe(n).Digests(anywhere[n.Index].Digest)
		for _, c := range n.Carries {
			output.Text(c.Name).Digests(c.Hash(inputs))
		}
		key := output.Sum()
		out.Outputs[n.ID], all = key, append(all, key)
		if kernels := n.kernels(); kernels != "" {
			out.Kernels = kernels
		}
	}
	slices.SortFunc(all, func(x, y digest.Digest) int { return slices.Compare(x[:], y[:]) })
	out.Plan = digest.Describe("plan").Digests(all...).Sum()
	return out
}

// describe begins the digest of an output with the texts that are written into it.
func (p *Plan) describe(n *Node) digest.Description {
	d := digest.Describe("output").Text(RecipePath(n), string(p.Recipe.Leading(n.Stage.Name).Canonical()))
	for _, other := range p.others(n) {
		d.Text(other.Path, other.Set, other.Recipe)
	}
	return d
}

// descriptions are those of all nodes, with or without the class of the matrix kernels.
func (p *Plan) descriptions(inputs []Input, classed bool) []Description {
	var all []Description
	for _, n := range p.Nodes {
		d := n.description(all, inputs)
		if !classed {
			d.Kernels = ""
		}
		d.Digest = d.Hash()
		all = append(all, d)
	}
	return all
}

// Find gives the description of the stage of that name.
func (d Digests) Find(stage string) (*Description, bool) {
	at := slices.IndexFunc(d.Stages, func(d Description) bool { return d.Stage == stage })
	if at < 0 {
		return nil, false
	}
	return &d.Stages[at], true
}
