package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/loramerge/loramerge/internal/mapkeys"
)

// Difference is one reason why two results have different digests.
type Difference struct {
	Stage string `json:"stage"` // in the first recipe
	What  string `json:"what"`
	Was   string `json:"was"`
	Is    string `json:"is"`
}

// Compare says why a stage's result has another digest than in another recipe: the first
// differing descriptions down the graph, inputs before what they flow into. It is empty if
// the digests are equal.
func (d Digests) Compare(stage string, other Digests, otherStage string) []Difference {
	c := comparing{a: d, b: other, seen: make(map[[2]string]bool)}
	c.stages(stage, otherStage)
	return c.found
}

type comparing struct {
	a, b  Digests
	seen  map[[2]string]bool
	found []Difference
}

func (c *comparing) stages(a, b string) {
	x, knownA := c.a.Find(a)
	y, knownB := c.b.Find(b)
	if !knownA || !knownB {
		panic(fmt.Sprintf("merge: stages %q and %q are not both in their plans", a, b))
	}
	if c.seen[[2]string{a, b}] || x.Digest == y.Digest {
		return
	}
	c.seen[[2]string{a, b}] = true
	c.inputs(x, y)
	c.own(x, y)
}

func (c *comparing) add(stage, what, was, is string) {
	if was != is {
		c.found = append(c.found, Difference{stage, what, cmp.Or(was, "nothing"), cmp.Or(is, "nothing")})
	}
}

// own compares what a stage itself says.
func (c *comparing) own(x, y *Description) {
	c.add(x.Stage, "verb", x.Verb, y.Verb)
	if x.Verb == y.Verb {
		c.add(x.Stage, "version of "+x.Verb, strconv.Itoa(x.Version), strconv.Itoa(y.Version))
	}
	c.add(x.Stage, "matrix kernels", x.Kernels, y.Kernels)
	c.add(x.Stage, "held", x.Held, y.Held)
	c.add(x.Stage, "key", x.Key, y.Key)
	for _, name := range mapkeys.United(x.chosen, y.chosen) {
		switch was, is := x.Parameters[name], y.Parameters[name]; {
		case x.chosen[name] == y.chosen[name]:
		case was == is: // a table by adapter, and these come in another order
			c.add(x.Stage, name, x.chosen[name], y.chosen[name])
		default:
			c.add(x.Stage, name, was, is)
		}
	}
	for i := range max(len(x.Files), len(y.Files)) {
		c.files(x, y, i)
	}
}

func (c *comparing) files(x, y *Description, i int) {
	if i >= len(x.Files) || i >= len(y.Files) {
		c.add(x.Stage, "adapters", strconv.Itoa(len(x.Files)), strconv.Itoa(len(y.Files)))
		return
	}
	was, is := x.Files[i], y.Files[i]
	c.add(x.Stage, "adapter", was.Adapter, is.Adapter)
	c.add(x.Stage, "weights of "+was.Path, was.Weights.String(), is.Weights.String())
	c.add(x.Stage, "configuration of "+was.Path, was.Config.String(), is.Config.String())
}

// inputs descends into inputs whose digests differ, or notes that the inputs are others.
func (c *comparing) inputs(x, y *Description) {
	if !slices.EqualFunc(x.Inputs, y.Inputs, c.correspond) {
		c.add(x.Stage, "inputs", x.inputsText(), y.inputsText())
		return
	}
	for i, in := range x.Inputs {
		c.stages(in.Stage, y.Inputs[i].Stage)
	}
}

// correspond reports whether two inputs are at the same place in the graph: stages that differ
// in both name and verb are not.
func (c *comparing) correspond(x, y DescribedInput) bool {
	if x.Slot != y.Slot || x.Adapter != y.Adapter {
		return false
	}
	from, _ := c.a.Find(x.Stage)
	other, _ := c.b.Find(y.Stage)
	return x.Stage == y.Stage || from.Verb == other.Verb
}

func (d *Description) inputsText() string {
	var out []string
	for _, in := range d.Inputs {
		text := in.Stage
		if in.Adapter != "" {
			text += "." + in.Adapter
		}
		out = append(out, text)
	}
	return fmt.Sprint(out)
}
