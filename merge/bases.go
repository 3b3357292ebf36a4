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
// did.
func (p *Plan) checkBase(n *Node) *recipe.Mistake {
	if len(n.Slots) == 0 {
		return nil
	}
	d := differentBases(n.claims, vouched(n.claims, p.Recipe.Base), vouched(n.claims, n.in.Base))
	if d == nil {
		return nil
	}
	return recipe.Mistakef(n.Position, fmt.Sprintf("%s, vouch for it with the line `base: %s`", d.condition(), recipetext.Scalar(d.vouch())),
		"adapters of different %s meet here: %s names %s, %s names %s", d.what(), d.x.Path, d.name(d.x), d.y.Path, d.name(d.y)).See("different-bases").Foremost()
}

// baseDifference is two adapters of different base models, or of revisions of one.
type baseDifference struct {
	x, y      stages.Claim
	revisions bool
}

// differentBases finds the first of those for whom nobody vouches. A base without a
// revision vouches for the name only.
func differentBases(claims []stages.Claim, vouched ...adapter.Base) *baseDifference {
	named := slices.ContainsFunc(vouched, func(b adapter.Base) bool { return b.Name != "" })
	revised := slices.ContainsFunc(vouched, func(b adapter.Base) bool { return b.Revision != "" })
	for _, c := range claims {
		if c.Base.Name != claims[0].Base.Name && !named {
			return &baseDifference{claims[0], c, false}
		}
	}
	for _, c := range claims {
		if c.Base.Revision != claims[0].Base.Revision && !revised {
			return &baseDifference{claims[0], c, true}
		}
	}
	return nil
}

func (d *baseDifference) what() string {
	if d.revisions {
		return "revisions of the base model"
	}
	return "base models"
}

func (d *baseDifference) condition() string {
	if d.revisions {
		return "if the revisions hold the same weights"
	}
	return "if they are the same model"
}

// vouch is the base model to write.
func (d *baseDifference) vouch() string {
	base := d.x.Base
	if d.revisions && base.Revision == "" {
		base.Revision = "main"
	}
	if !d.revisions {
		base.Revision = ""
	}
	return base.String()
}

func (d *baseDifference) name(c stages.Claim) string {
	switch {
	case !d.revisions:
		return fmt.Sprintf("%q", c.Base.Name)
	case c.Base.Revision == "":
		return "none, which means main"
	}
	return fmt.Sprintf("%q", c.Base.Revision)
}

// vouched is the base model that the line `base` of a recipe means for some adapters.
func vouched(claims []stages.Claim, text string) adapter.Base {
	if slices.ContainsFunc(claims, func(c stages.Claim) bool { return c.Base.Name == text }) {
		return adapter.Base{Name: text} // a folder's path may hold an "@"
	}
	return adapter.ParseBase(text)
}

// base is the base model of what a node saves.
func (p *Plan) base(n *Node) adapter.Base {
	if p.Recipe.Base != "" {
		return vouched(n.claims, p.Recipe.Base)
	}
	for _, c := range n.claims {
		return c.Base
	}
	return adapter.Base{}
}
