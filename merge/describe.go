package merge

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/loramerge/loramerge/internal/lowrank"
	"github.com/loramerge/loramerge/stages"
)

// Description is everything that a stage's result depends on. Its hash is the result's
// name, so that two results of one name are the same, and Compare tells why two differ.
type Description struct {
	Stage string `json:"stage"` // no part of the name, nor are those of the inputs' stages
	Name  Name   `json:"name"`
	Basis
	Parameters map[string]string  `json:"parameters"` // defaults included
	Inputs     []DescribedInput   `json:"inputs"`
	Files      []DescribedAdapter `json:"files,omitempty"` // of a load
}

// Basis is what a result depends on beside its parameters and inputs.
type Basis struct {
	Verb    string `json:"verb"`
	Version int    `json:"version"` // of the verb
	Kernels string `json:"kernels"` // the class of the matrix kernels, where the last bits depend on it
	Held    string `json:"held"`    // how what flows in and what flows out lies in memory
	Key     string `json:"key"`     // what the stage itself adds: see stages.Keyed
}

// DescribedInput is a result that flows in.
type DescribedInput struct {
	Slot    int    `json:"slot"`
	Stage   string `json:"stage"`
	Adapter string `json:"adapter,omitempty"` // the one that is picked; empty for all
	Name    Name   `json:"name"`
}

// DescribedAdapter is a folder that is read.
type DescribedAdapter struct {
	Adapter string `json:"adapter"`
	Path    string `json:"path"` // no part of the name
	Weights Name   `json:"weights"`
	Config  Name   `json:"config"`
}

// basis is that of a node at a module, or of all of them where module is empty.
func (n *Node) basis(module string) Basis {
	b := Basis{Verb: n.Kind.Name, Version: n.Kind.Version}
	if n.usesMatrices() {
		b.Kernels = lowrank.Class()
	}
	var in []string
	for _, t := range n.In {
		in = append(in, held(t))
	}
	b.Held = strings.Join(in, ", ") + " → " + held(n.Out)
	if keyed, ok := n.stage.(stages.Keyed); ok {
		b.Key = keyed.Key(n.In, module)
	}
	return b
}

// usesMatrices tells whether a result passes through products, QR or SVD, whose last
// bits differ between classes of kernels.
func (n *Node) usesMatrices() bool {
	if len(n.In) == 0 {
		return false
	}
	return n.In[0].Space == stages.Delta || n.Kind.Name == "rank" && n.Params.Text("how") == "truncate"
}

func (b Basis) describe(kind string) description {
	return describe(kind).text(b.Verb, strconv.Itoa(b.Version), b.Kernels, b.Held, b.Key)
}

// hash is the name of what d describes.
func (d *Description) hash() Name {
	sum := d.Basis.describe("result")
	for _, name := range sortedKeys(d.Parameters) {
		sum.text(name, d.Parameters[name])
	}
	for _, in := range d.Inputs {
		sum.text("input", strconv.Itoa(in.Slot), in.Adapter).names(in.Name)
	}
	for _, file := range d.Files {
		sum.text("file", file.Adapter).names(file.Weights, file.Config)
	}
	return sum.name()
}

// Names are those of a plan's results.
type Names struct {
	Stages []Description // in the order of the plan
	Plan   Name          // of all that is saved, the recipe that stands in it included
}

// Names needs the inputs' hashes; see Plan.Inputs.
func (p *Plan) Names(inputs []Input) Names {
	var out Names
	var saved []Name
	for _, n := range p.Nodes {
		d := n.description(out.Stages, inputs)
		d.Name = d.hash()
		out.Stages = append(out.Stages, d)
		if _, sink := n.stage.(stages.Sink); sink {
			saved = append(saved, describe("output").text(recipePath(n)).names(d.Name).name())
		}
	}
	slices.SortFunc(saved, func(x, y Name) int { return slices.Compare(x[:], y[:]) })
	out.Plan = p.describe().names(saved...).name()
	return out
}

// describe begins the plan's name with the texts that stand in the output.
func (p *Plan) describe() description {
	d := describe("plan").text(p.Recipe.Base, string(p.Recipe.Canonical()))
	for _, in := range p.included {
		d.text(in.path, in.set, string(in.Canonical()))
	}
	return d
}

// description needs those of the nodes before it.
func (n *Node) description(known []Description, inputs []Input) Description {
	d := Description{Stage: n.Name, Basis: n.basis(""), Parameters: n.parameters(), Inputs: []DescribedInput{}}
	for slot, edges := range n.Slots {
		for _, edge := range edges {
			d.Inputs = append(d.Inputs, DescribedInput{slot, edge.From.Name, edge.Adapter, known[edge.From.index].Name})
		}
	}
	for _, in := range inputs {
		if in.node == n {
			d.Files = append(d.Files, DescribedAdapter{in.Name, in.Path, in.Weights, in.Config})
		}
	}
	return d
}

// parameters are those that the result depends on. A reference is an input.
func (n *Node) parameters() map[string]string {
	out := maps.Clone(n.Params.Texts())
	for _, declared := range n.Kind.Params {
		if declared.IsInput() || declared.Aside {
			delete(out, declared.Name)
		}
	}
	return out
}

// Find gives the description of the stage of that name.
func (n Names) Find(stage string) (*Description, bool) {
	at := slices.IndexFunc(n.Stages, func(d Description) bool { return d.Stage == stage })
	if at < 0 {
		return nil, false
	}
	return &n.Stages[at], true
}

// recipePath is where a save goes, as the recipe has it.
func recipePath(n *Node) string { return n.Params.Text("to") }
