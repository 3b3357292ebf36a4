package merge

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"slices"
	"strconv"
	"strings"

	"github.com/loramerge/loramerge/internal/lowrank"
	"github.com/loramerge/loramerge/stages"
)

// Name is the SHA-256 of a complete description: of a file's bytes, or of everything
// that a result depends on.
type Name [sha256.Size]byte

// String is the name as OCI registries write it.
func (n Name) String() string { return "sha256:" + hex.EncodeToString(n[:]) }

// Hex is the name alone, as sha256sum prints it.
func (n Name) Hex() string { return hex.EncodeToString(n[:]) }

// MarshalText writes the name as String does.
func (n Name) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (n *Name) UnmarshalText(text []byte) error {
	digits, ok := strings.CutPrefix(string(text), "sha256:")
	raw, err := hex.DecodeString(digits)
	if !ok || err != nil || len(raw) != len(n) {
		return fmt.Errorf("%q is not a SHA-256", text)
	}
	copy(n[:], raw)
	return nil
}

// description is hashed field by field, each with its length before it, so that no
// two descriptions run together.
type description struct{ sum hash.Hash }

func describe(kind string) description {
	d := description{sha256.New()}
	return d.text("loramerge." + kind)
}

func (d description) text(parts ...string) description {
	for _, part := range parts {
		d.sum.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(part))))
		d.sum.Write([]byte(part))
	}
	return d
}

func (d description) names(names ...Name) description {
	d.sum.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(names))))
	for _, n := range names {
		d.sum.Write(n[:])
	}
	return d
}

func (d description) name() Name { return Name(d.sum.Sum(nil)) }

// describe begins the description of a result: the verb, its version, the class of the
// matrix kernels if the result depends on it, and what the stage adds to its parameters.
func (n *Node) describe(kind, module string) description {
	class := ""
	if n.usesMatrices() {
		class = lowrank.Class()
	}
	d := describe(kind).text(n.Kind.Name, strconv.Itoa(n.Kind.Version), class)
	if keyed, ok := n.stage.(stages.Keyed); ok {
		return d.text(keyed.Key(n.In, module))
	}
	return d
}

// usesMatrices tells whether a result passes through products, QR or SVD, whose last
// bits differ between classes of kernels.
func (n *Node) usesMatrices() bool {
	if len(n.In) == 0 {
		return false
	}
	return n.In[0].Space == stages.Delta || n.Kind.Name == "rank" && n.Params.Text("how") == "truncate"
}

// Names gives every node's result a name, from the names of the files that are read.
type Names struct {
	ByNode map[*Node]Name
	Plan   Name // of all that is saved
}

// Names needs the inputs' hashes; see Plan.Inputs.
func (p *Plan) Names(inputs []Input) Names {
	out := Names{ByNode: make(map[*Node]Name)}
	var saved []Name
	for _, n := range p.Nodes {
		name := n.name(out.ByNode, inputs)
		out.ByNode[n] = name
		if _, sink := n.stage.(stages.Sink); sink {
			saved = append(saved, describe("output").text(recipePath(n)).names(name).name())
		}
	}
	slices.SortFunc(saved, func(x, y Name) int { return slices.Compare(x[:], y[:]) })
	out.Plan = describe("plan").text(p.Recipe.Base).names(saved...).name()
	return out
}

func (n *Node) name(known map[*Node]Name, inputs []Input) Name {
	d := n.describe("result", "")
	if _, source := n.stage.(stages.Source); source {
		for _, in := range inputs {
			if in.node == n {
				d.text(in.Name).names(in.Weights, in.Config)
			}
		}
		return d.name()
	}
	d.text(n.Params.Canonical())
	for _, slot := range n.Slots {
		for _, edge := range slot {
			d.text(edge.Adapter).names(known[edge.From])
		}
	}
	return d.name()
}

// recipePath is where a save goes, as the recipe has it.
func recipePath(n *Node) string { return n.Params.Text("to") }
