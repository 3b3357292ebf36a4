package merge

import (
	"slices"

	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// warn gathers what hinders nothing but is worth a look.
func (p *Plan) warn() {
	used := make(map[*Node]bool)
	for _, n := range p.Nodes {
		for _, edge := range n.edges() {
			used[edge.From] = true
		}
	}
	for _, n := range p.Nodes {
		if w, ok := n.stage.(stages.Warner); ok {
			p.Warnings = append(p.Warnings, w.Warnings(n.In)...)
		}
		if _, sink := n.stage.(stages.Sink); !sink && !used[n] {
			p.Warnings = append(p.Warnings, recipe.Mistakef(n.Position, "remove it, or use it", "nothing uses stage %q", n.Name))
		}
	}
	p.warnOfNotes()
	p.warnOfThinned()
	p.warnOfCrossTerms()
	slices.SortStableFunc(p.Warnings, func(x, y *recipe.Mistake) int { return x.Compare(y.Position) })
}

// warnOfCrossTerms tells once of all the stages that combine A and B apart.
func (p *Plan) warnOfCrossTerms() {
	var names []string
	var first recipe.Position
	for _, n := range p.Nodes {
		if n.crosses() {
			if names = append(names, n.Name); len(names) == 1 {
				first = n.Position
			}
		}
	}
	if len(names) > 0 {
		p.Warnings = append(p.Warnings, recipe.Mistakef(first, "merge in the space delta where that matters",
			"A and B are combined apart in %s: the ΔW that comes out is not the adapters' ΔW combined", recipe.List(names)).See("factor-space"))
	}
}

// crosses tells whether a node combines A and B apart, so that products of one
// adapter's B and another's A come in: mean(B)·mean(A) is not mean(B·A). concat alone
// keeps every B with its own A.
func (n *Node) crosses() bool {
	_, combines := n.stage.(stages.Combiner)
	return combines && n.Out.Space == stages.Factors && len(n.In[0].Members) > 1 && n.Kind.Name != "concat"
}
