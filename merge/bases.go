package merge

import (
	"fmt"
	"slices"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/recipetext"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// gatherClaims collects the base models of the adapters that flow into a node, or are read
// by it, also of those that can't be merged for other reasons.
func (n *Node) gatherClaims() {
	if source, ok := n.stage.(stages.Source); ok {
		n.claims = source.Claims()
	}
	for _, edge := range n.edges() {
		if edge.From == nil {
			continue
		}
		for _, c := range edge.From.claims {
			if !slices.Contains(n.claims, c) {
				n.claims = append(n.claims, c)
			}
		}
	}
}

// checkBase refuses adapters of different base models where they meet; whatever else may be
// said of them means nothing before that. The plan's own recipe vouches for all stages, one
// that is loaded for its own alone: a reviewer need not look into another recipe to see who
// did. A `base` without a revision vouches for the name only.
func (p *Plan) checkBase(n *Node) *recipe.Mistake {
	if len(n.Slots) == 0 || len(n.claims) < 2 {
		return nil
	}
	own, other := n.vouched(p.Recipe.Base), n.vouched(n.in.Base)
	first := n.claims[0]
	for _, c := range n.claims[1:] {
		if c.Base.Name != first.Base.Name && own.Name == "" && other.Name == "" {
			return recipe.Mistakef(n.Position, fmt.Sprintf("if they are the same model, vouch for it with the line `base: %s`", recipetext.Scalar(first.Base.Name)),
				"adapters of different base models meet here: %s names %q, %s names %q", first.Path, first.Base.Name, c.Path, c.Base.Name).See("different-bases").Foremost()
		}
	}
	for _, c := range n.claims[1:] {
		if c.Base.Revision != first.Base.Revision && own.Revision == "" && other.Revision == "" {
			vouch := first.Base
			if vouch.Revision == "" {
				vouch.Revision = "main"
			}
			return recipe.Mistakef(n.Position, fmt.Sprintf("if the revisions hold the same weights, vouch for one of them with the line `base: %s`", recipetext.Scalar(vouch.String())),
				"adapters of different revisions of the base model meet here: %s names %s, %s names %s", first.Path, revision(first), c.Path, revision(c)).See("different-bases").Foremost()
		}
	}
	return nil
}

func revision(c stages.Claim) string {
	if c.Base.Revision == "" {
		return "none, which means main"
	}
	return fmt.Sprintf("%q", c.Base.Revision)
}

// vouched is the base model that the line `base` of a recipe means for a node.
func (n *Node) vouched(text string) adapter.Base {
	if slices.ContainsFunc(n.claims, func(c stages.Claim) bool { return c.Base.Name == text }) {
		return adapter.Base{Name: text} // a folder's path may hold an "@"
	}
	return adapter.ParseBase(text)
}

// base is the base model of what a node saves.
func (p *Plan) base(n *Node) adapter.Base {
	if p.Recipe.Base != "" {
		return n.vouched(p.Recipe.Base)
	}
	for _, c := range n.claims {
		return c.Base
	}
	return adapter.Base{}
}
