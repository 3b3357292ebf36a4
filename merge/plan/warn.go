package plan

import (
	"cmp"
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

// gatherWarnings gathers what prevents nothing but is worth a look.
func (p *Plan) gatherWarnings() {
	used := make(map[*Node]bool)
	for _, n := range p.Nodes {
		for _, edge := range n.Edges() {
			used[edge.From] = true
		}
	}
	p.useSwept(used)
	for _, n := range p.Nodes {
		p.warn(n, WarningsOf(n.Op)...)
		if n.Verb != nil && !n.Verb.Ends() && !used[n] {
			p.warn(n, fault.At(n.Position, "nothing uses stage %q", n.ID).Mend("remove it, or use it").See("unused"))
		}
	}
	p.warnOfNotes()
	p.warnOfThinned()
	p.warnOfSharedDraws()
	p.warnOfCrossTerms()
	p.warnOfTasks()
	p.warnOfTokens()
	p.warnOfCommands()
	p.warnOfAllowed()
	for _, list := range []*[]*fault.Fault{&p.Warnings, &p.acknowledged} {
		slices.SortStableFunc(*list, func(x, y *fault.Fault) int { return x.Compare(y.Position) })
		*list = slices.CompactFunc(*list, func(x, y *fault.Fault) bool { return x.Position == y.Position && x.Text == y.Text }) // of a shorthand's steps
	}
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

// warnOfCrossTerms warns once of all the stages that combine A and B separately, and of those that allow
// it apart from the others.
func (p *Plan) warnOfCrossTerms() {
	var all, allowed []*Node
	for _, n := range p.Nodes {
		switch {
		case !n.Crosses():
		case n.Allows("factor-space"):
			allowed = append(allowed, n)
		default:
			all = append(all, n)
		}
	}
	for _, nodes := range [][]*Node{all, allowed} {
		var names []string
		for _, n := range nodes {
			names = append(names, n.ID)
			p.draws(n, "factor-space")
		}
		if len(nodes) > 0 {
			p.warn(nodes[0], fault.At(nodes[0].Position, "A and B are merged separately in %s, so that the result is not a merge of the adapters' ΔW", recipe.List(names)).
				Mend("merge in the space delta where that matters").See("factor-space"))
		}
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
				p.warn(n, fault.At(n.Position, "the adapters differ in their task_type, so that the merged one has none: %s has %s, %s has %s", first.Path, x, other.Path, y).
					Mend("load it with PeftModel.from_pretrained, or write the intended task_type into its adapter_config.json").See("task-types"))
				break
			}
		}
	}
}

func taskOf(a *adapter.Adapter) string {
	return cmp.Or(a.Task, "none")
}
