package plan

import (
	"fmt"
	"slices"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/recipetext"
	"github.com/loramerge/loramerge/stages"
)

// gatherClaims collects the base models of the adapters that a node reads or that flow into it,
// including adapters that can't be merged for other reasons.
func (n *Node) gatherClaims() {
	if source, ok := n.Op.(stages.Source); ok {
		n.claims = source.Claims()
	}
	for _, edge := range n.Edges() {
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

// checkBase refuses adapters of different base models where they meet, before anything else is
// said of them. The plan's own recipe vouches for all stages, a loaded one only for its own: a
// reviewer need not look into another recipe to see who vouched.
func (p *Plan) checkBase(n *Node) *fault.Fault {
	if len(n.Slots) == 0 {
		return nil
	}
	d := DifferentBases(n.claims, Vouched(n.claims, p.Recipe.Base), Vouched(n.claims, n.Recipe.Base))
	if d == nil {
		return nil
	}
	return fault.At(n.Position, "adapters of different %s meet here: %s names %s, %s names %s", d.What(), d.X.Path, d.Name(d.X), d.Y.Path, d.Name(d.Y)).
		Mend(fmt.Sprintf("%s, vouch for it with the line `base: %s`", d.Condition(), recipetext.Scalar(d.Vouch()))).See(d.Page()).Foremost()
}

// BaseDifference is two adapters of different base models, or of revisions of one.
type BaseDifference struct {
	X, Y      stages.Claim
	revisions bool
}

// DifferentBases finds the first difference that nobody vouches for. A base without a
// revision vouches for the name only.
func DifferentBases(claims []stages.Claim, vouched ...adapter.Base) *BaseDifference {
	named := slices.ContainsFunc(vouched, func(b adapter.Base) bool { return b.Name != "" })
	revised := slices.ContainsFunc(vouched, func(b adapter.Base) bool { return b.Revision != "" })
	for _, c := range claims {
		if c.Base.Name != claims[0].Base.Name && !named {
			return &BaseDifference{claims[0], c, false}
		}
	}
	for _, c := range claims {
		if c.Base.Revision != claims[0].Base.Revision && !revised {
			return &BaseDifference{claims[0], c, true}
		}
	}
	return nil
}

// What says what differs: the base models, or their revisions.
func (d *BaseDifference) What() string {
	if d.revisions {
		return "revisions of the base model"
	}
	return "base models"
}

// Condition says under which the adapters do merge.
func (d *BaseDifference) Condition() string {
	switch {
	case d.revisions:
		return "if the revisions hold the same weights"
	case d.quantized():
		return "if they are one model, as the names say, with full and with quantized weights"
	}
	return "if they are the same model"
}

// quantized reports whether the names differ in no more than what they say of quantization.
func (d *BaseDifference) quantized() bool {
	return !d.revisions && adapter.SameButQuantized(d.X.Base, d.Y.Base)
}

// Page is the section of docs/errors.md on the difference.
func (d *BaseDifference) Page() string {
	if d.quantized() {
		return "quantized-bases"
	}
	return "different-bases"
}

// Vouch is the base model to write: of full and quantized weights the full ones, from which
// quantized ones are made.
func (d *BaseDifference) Vouch() string {
	base := d.X.Base
	if _, words := base.Quantized(); words != "" && d.quantized() {
		base = d.Y.Base
	}
	if d.revisions && base.Revision == "" {
		base.Revision = "main"
	}
	if !d.revisions {
		base.Revision = ""
	}
	return base.String()
}

// Name is how an adapter names its base model.
func (d *BaseDifference) Name(c stages.Claim) string {
	switch {
	case !d.revisions:
		return fmt.Sprintf("%q", c.Base.Name)
	case c.Base.Revision == "":
		return "none, which means main"
	}
	return fmt.Sprintf("%q", c.Base.Revision)
}

// Vouched is the base model that the line `base` of a recipe means for some adapters.
func Vouched(claims []stages.Claim, text string) adapter.Base {
	if slices.ContainsFunc(claims, func(c stages.Claim) bool { return c.Base.Name == text }) {
		return adapter.Base{Name: text} // a folder's path may hold an "@"
	}
	return adapter.ParseBase(text)
}

// Base is the base model of what a node saves.
func (p *Plan) Base(n *Node) adapter.Base {
	if p.Recipe.Base != "" {
		return Vouched(n.claims, p.Recipe.Base)
	}
	for _, c := range n.claims {
		return c.Base
	}
	return adapter.Base{}
}
