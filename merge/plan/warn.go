package plan

import (
	"slices"
	"strings"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// WarningsOf are what an Op has to say.
func WarningsOf(op stages.Op) []*fault.Fault {
	var all []*fault.Fault
	if w, ok := op.(stages.Warner); ok {
		all = w.Warnings()
	}
	if a, ok := op.(stages.Aligner); ok {
		all = append(all, a.AlignmentWarnings()...)
	}
	return all
}

// warn gathers what prevents nothing but is worth a look.
func (p *Plan) warn() {
	used := make(map[*Node]bool)
	for _, n := range p.Nodes {
		for _, edge := range n.Edges() {
			used[edge.From] = true
		}
	}
	p.useSwept(used)
	for _, n := range p.Nodes {
		p.Warnings = append(p.Warnings, WarningsOf(n.Op)...)
		if n.Verb != nil && !n.Verb.Ends() && !used[n] {
			p.Warnings = append(p.Warnings, fault.At(n.Position, "nothing uses stage %q", n.ID).Mend("remove it, or use it"))
		}
	}
	p.warnOfNotes()
	p.warnOfThinned()
	p.warnOfSharedDraws()
	p.warnOfCrossTerms()
	p.warnOfTasks()
	p.warnOfCommands()
	slices.SortStableFunc(p.Warnings, func(x, y *fault.Fault) int { return x.Compare(y.Position) })
	p.Warnings = slices.CompactFunc(p.Warnings, func(x, y *fault.Fault) bool { return x.Position == y.Position && x.Text == y.Text }) // of a shorthand's steps
}

// useSwept marks the stages that a sweep names as values of a variable: they count as used, though
// none of them but one is, as the recipe stands.
func (p *Plan) useSwept(used map[*Node]bool) {
	if p.Recipe.Sweep == nil {
		return
	}
	for _, axis := range p.Recipe.Sweep.Axes {
		for _, value := range axis.Values {
			stage, _, _ := strings.Cut(value, ".")
			if i := slices.IndexFunc(p.Nodes, func(n *Node) bool { return n.ID == stage }); i >= 0 {
				used[p.Nodes[i]] = true
			}
		}
	}
}

// warnOfCrossTerms warns once of all the stages that combine A and B separately.
func (p *Plan) warnOfCrossTerms() {
	var names []string
	var first recipe.Position
	for _, n := range p.Nodes {
		if n.Crosses() {
			if names = append(names, n.ID); len(names) == 1 {
				first = n.Position
			}
		}
	}
	if len(names) > 0 {
		p.Warnings = append(p.Warnings, fault.At(first, "A and B are merged separately in %s, so that the result is not a merge of the adapters' ΔW", recipe.List(names)).
			Mend("merge in the space delta where that matters").See("factor-space"))
	}
}

// Crosses reports whether a node combines A and B separately, so that the result has products of
// one adapter's B and another's A: mean(B)·mean(A) is not mean(B·A).
func (n *Node) Crosses() bool {
	_, combines := n.Op.(stages.Combiner)
	return combines && n.Out.Space == stages.Factors && len(n.In[0].Members) > 1 && !n.Kind.KeepsPairs
}

// warnOfTasks warns of saves whose inputs were trained for different tasks: the merged
// configuration then names none.
func (p *Plan) warnOfTasks() {
	for _, n := range p.Nodes {
		if _, sink := n.Op.(stages.Sink); !sink || len(n.Out.Sources) == 0 {
			continue
		}
		first := n.Out.Sources[0]
		for _, other := range n.Out.Sources[1:] {
			if x, y := taskOf(first), taskOf(other); x != y {
				p.Warnings = append(p.Warnings, fault.At(n.Position, "the adapters differ in their task_type, so that the merged one has none: %s has %s, %s has %s", first.Path, x, other.Path, y).
					Mend("load it with PeftModel.from_pretrained, or write the intended task_type into its adapter_config.json"))
				break
			}
		}
	}
}

func taskOf(a *adapter.Adapter) string {
	if a.Config.TaskType == nil {
		return "none"
	}
	return *a.Config.TaskType
}
