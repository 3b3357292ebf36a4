package plan

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/internal/lowrank"
	"github.com/loramerge/loramerge/internal/mapkeys"
	"github.com/loramerge/loramerge/stages"
)

// Description is everything that a stage's result depends on. Its hash is the result's
// digest: two results of one digest are the same, and Compare says why two differ.
type Description struct {
	Stage  string        `json:"stage"` // no part of the digest, nor are those of the inputs' stages
	Digest digest.Digest `json:"digest"`
	Basis
	Parameters map[string]string  `json:"parameters"` // defaults included
	Inputs     []DescribedInput   `json:"inputs"`
	Files      []DescribedAdapter `json:"files,omitempty"` // of a load
	chosen     map[string]string  // the parameters that are hashed
	forms      string             // what is hashed of Held
}

// Basis is what a result depends on beside its parameters and inputs.
type Basis struct {
	Verb    string `json:"verb"`
	Version int    `json:"version"` // of the verb
	Kernels string `json:"kernels"` // the class of the matrix kernels, where the last bits depend on it
	Held    string `json:"held"`    // how inputs and result are held in memory
	Key     string `json:"key"`     // what the stage itself adds: see stages.Keyed
}

// DescribedInput is a result that flows in.
type DescribedInput struct {
	Slot    int           `json:"slot"`
	Stage   string        `json:"stage"`
	Adapter string        `json:"adapter,omitempty"` // the one that is picked; empty for all
	Digest  digest.Digest `json:"digest"`
}

// DescribedAdapter is a folder that is read.
type DescribedAdapter struct {
	Adapter string        `json:"adapter"`
	Path    string        `json:"path"` // no part of the digest
	Weights digest.Digest `json:"weights"`
	Config  digest.Digest `json:"config"`
}

// Basis is that of a node at a module, or of all of them where module is empty.
func (n *Node) Basis(module string) Basis {
	b := Basis{Verb: n.Kind.Name, Version: n.Kind.Version}
	if n.usesMatrices() {
		b.Kernels = lowrank.Class()
	}
	var in []string
	for _, t := range n.In {
		in = append(in, held(t))
	}
	b.Held = strings.Join(in, ", ") + " → " + held(n.Out)
	if keyed, ok := n.Op.(stages.Keyed); ok {
		b.Key = keyed.Key(module)
	}
	return b
}

// HeldCode is what is hashed of how values are held in memory: a letter for each input, and
// one for the result.
func (n *Node) HeldCode() string {
	var b strings.Builder
	for _, t := range n.In {
		b.WriteByte(heldLetter(t))
	}
	b.WriteByte('>')
	b.WriteByte(heldLetter(n.Out))
	return b.String()
}

func heldLetter(t stages.Type) byte {
	switch {
	case t.Dense:
		return 'd'
	case t.Space == stages.Factors:
		return 'f'
	case t.Space == stages.Delta:
		return 'p'
	case t.Space == stages.Core:
		return 'c'
	}
	panic("merge: no letter for the space " + t.Space.String())
}

// usesMatrices reports whether a result passes through products, QR or SVD, whose last
// bits differ between classes of kernels.
func (n *Node) usesMatrices() bool {
	if decomposer, ok := n.Op.(stages.Decomposer); ok {
		return decomposer.Decomposes()
	}
	return slices.ContainsFunc(n.In, func(t stages.Type) bool { return t.Space != stages.Factors })
}

// Describe begins the description of a result.
func (b Basis) Describe(kind, forms string) digest.Description {
	return digest.Describe(kind).Text(b.Verb, strconv.Itoa(b.Version), b.Kernels, forms, b.Key)
}

// Hash is the digest of what d describes.
func (d *Description) Hash() digest.Digest {
	sum := d.Basis.Describe("result", d.forms)
	for _, name := range mapkeys.Sorted(d.chosen) {
		sum.Text("parameter", name, d.chosen[name])
	}
	for _, in := range d.Inputs {
		sum.Text("input", strconv.Itoa(in.Slot), in.Adapter).Digests(in.Digest)
	}
	for _, file := range d.Files {
		sum.Text("file", file.Adapter).Digests(file.Weights, file.Config)
	}
	return sum.Sum()
}

// kernels is the class of the matrix kernels that a node's result depends on, if any.
func (n *Node) kernels() string {
	if slices.ContainsFunc(n.Upstream(), (*Node).usesMatrices) {
		return lowrank.Class()
	}
	return ""
}

// description needs those of the nodes before it.
func (n *Node) description(known []Description, inputs []Input) Description {
	d := Description{Stage: n.ID, Basis: n.Basis(""), Parameters: n.parameters(), Inputs: []DescribedInput{}, forms: n.HeldCode(), chosen: n.Params.Chosen(n.Adapters())}
	for slot, edges := range n.Slots {
		for _, edge := range edges {
			d.Inputs = append(d.Inputs, DescribedInput{slot, edge.From.ID, edge.Adapter, known[edge.From.Index].Digest})
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
		if declared.IsInput() || declared.NotInDigest {
			delete(out, declared.Name)
		}
	}
	return out
}

// RecipePath is where a save goes, as the recipe has it.
func RecipePath(n *Node) string {
	to, _ := n.Op.(stages.Sink).To()
	return to
}

// held says how a value is held in memory.
func held(t stages.Type) string {
	switch {
	case t.Space == stages.Factors:
		return "factors"
	case t.Space == stages.Core:
		return "core"
	case t.Dense:
		return "dense"
	default:
		return "product"
	}
}
