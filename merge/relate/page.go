package relate

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/internal/printable"
	"github.com/loramerge/loramerge/internal/reportpage"
)

// Page is what is found, as it is drawn.
func (r *Relation) Page(version string) *reportpage.Relation {
	page := &reportpage.Relation{Version: version, Title: r.title()}
	for _, o := range r.Spaces[0].Obstacles {
		if o.Vouch != "" {
			page.Findings = append(page.Findings, "Base: "+o.Text+"; "+o.Remedy+".")
		}
	}
	for _, f := range r.Findings {
		page.Findings = append(page.Findings, f.Sentence())
	}
	page.Sections = append([]reportpage.Part{r.adaptersPart()}, r.matrices(r.SampleText())...)
	for _, p := range []reportpage.Part{r.spacesPart(), r.partialPart(), r.draftPart(), r.notesPart()} {
		if len(p.Items) > 0 {
			page.Sections = append(page.Sections, p)
		}
	}
	return page
}

func (r *Relation) title() string {
	text, base := printable.Count(len(r.Adapters), "adapter"), r.Adapters[0].Base
	if base != "" && !slices.ContainsFunc(r.Adapters, func(a *Adapter) bool { return a.Base != base }) {
		text += " of " + base
	}
	return text
}

func (r *Relation) adaptersPart() reportpage.Part {
	p := reportpage.Part{Title: "The adapters", Heading: []string{"adapter", "‖ΔW‖", "alignment", "pairs", "rank", "alpha", "whole tensors", "base model"},
		Text: fmt.Sprintf("Alignment is the cosine of an adapter's ΔW and the plain sum of all: what of its direction a sum keeps. %d unrelated adapters of one size have %.2f each.", len(r.Adapters), unrelatedAlignment(len(r.Adapters)))}
	for _, a := range r.Adapters {
		alignment := "–"
		if a.Alignment.Value.Defined() {
			alignment = fmt.Sprintf("%.2f", float64(a.Alignment.Value))
		}
		p.Rows = append(p.Rows, []string{a.Name, fmt.Sprintf("%.3g", a.Norm), alignment, fmt.Sprint(a.Pairs), a.Ranks.String(), a.Alphas.String(), a.wholeText(), a.Base})
	}
	return p
}

// matrices are the figures of the pairs, each adapter with each; sample says of how much of them signs were counted.
func (r *Relation) matrices(sample string) (all []reportpage.Part) {
	self, pairs := Figure{1, reportpage.Undefined()}, r.byNames()
	for _, m := range []struct {
		figure, title, text string
		signed, less        bool
		of                  func(p *Pair) Figure
		self                Figure
	}{
		{"cosine", "How alike they are", fmt.Sprintf("Cosines of their ΔW over all modules. Unrelated adapters of these shapes have 0 ± %.2g, and what two have in common counts twice in a merge.", r.CosineSpread()), true, false, func(p *Pair) Figure { return p.Cosine }, self},
		{"overlap_a", "Overlap of their A's", "The mean squared cosine of the principal angles between the subspaces that the A's span: what the adapters read of a layer's input. " + r.randomText(func(p *Pair) Figure { return p.OverlapA }), false, false, func(p *Pair) Figure { return p.OverlapA }, self},
		{"overlap_b", "Overlap of their B's", "The same of the B's: where the adapters write in a layer's output. " + r.randomText(func(p *Pair) Figure { return p.OverlapB }), false, false, func(p *Pair) Figure { return p.OverlapB }, self},
		{"signs_opposite", "Opposite signs", strings.TrimSpace("The share of ΔW's elements that one adapter raises and the other lowers. Unrelated adapters have 50 %, which has no colour. " + sample), false, true, func(p *Pair) Figure { return p.OppositeSign }, Figure{0, 0.5}},
	} {
		x := &reportpage.Matrix{Figure: m.figure, Signed: m.signed, Less: m.less}
		for _, a := range r.Adapters {
			x.Names = append(x.Names, a.Name)
		}
		for i := range x.Names {
			x.Values, x.Unrelated = append(x.Values, nil), append(x.Unrelated, nil)
			for j := range x.Names {
				f := m.self
				if i != j {
					f = m.of(pairs[[2]string{x.Names[i], x.Names[j]}])
				}
				x.Values[i], x.Unrelated[i] = append(x.Values[i], f.Value), append(x.Unrelated[i], f.Unrelated)
			}
		}
		all = append(all, reportpage.Part{Title: m.title, Text: m.text, Matrix: x})
	}
	return all
}

// randomText says what overlaps random subspaces have.
func (r *Relation) randomText(overlap func(p *Pair) Figure) string {
	least, most := math.Inf(1), 0.0
	for _, p := range r.Pairs {
		if x := overlap(p).Unrelated; x.Defined() {
			least, most = min(least, float64(x)), max(most, float64(x))
		}
	}
	switch {
	case least > most:
		return "What random subspaces have has no colour."
	case percent(least) == percent(most):
		return fmt.Sprintf("Random subspaces have %s, which has no colour.", percent(least))
	}
	return fmt.Sprintf("Random subspaces have %s to %s, which has no colour.", percent(least), percent(most))
}

// byNames are the pairs by both names, in either order.
func (r *Relation) byNames() map[[2]string]*Pair {
	all := make(map[[2]string]*Pair)
	for _, p := range r.Pairs {
		all[[2]string{p.X, p.Y}], all[[2]string{p.Y, p.X}] = p, p
	}
	return all
}

// spacesPart says which spaces merge them, and what stands in the way in the others.
func (r *Relation) spacesPart() reportpage.Part {
	p := reportpage.Part{Title: "What can merge them"}
	var all []Obstacle
	where := make(map[string][]string) // by text
	for _, s := range r.Spaces {
		if s.Merges {
			p.Items = append(p.Items, fmt.Sprintf("The space %s, as they are.", s.Space))
		}
		for _, o := range s.Obstacles {
			if where[o.Text] == nil {
				all = append(all, o)
			}
			where[o.Text] = append(where[o.Text], s.Space)
		}
	}
	for _, o := range all {
		text := o.Text
		if o.Remedy != "" {
			text += "; " + o.Remedy
		}
		p.Items = append(p.Items, fmt.Sprintf("In the way in %s: %s.", listed(where[o.Text]), text))
	}
	return p
}

func (r *Relation) partialPart() reportpage.Part {
	p := reportpage.Part{Title: "Modules that only some have", Text: fmt.Sprintf("%d of %s are in all adapters.", r.Modules.Common, printable.Count(r.Modules.All, "module"))}
	for _, m := range r.Modules.Partial {
		p.Items = append(p.Items, fmt.Sprintf("%s (%s): only in %s", m.Kind, printable.Count(m.Modules, "module"), strings.Join(m.Adapters, ", ")))
	}
	for _, name := range r.Modules.Unlike {
		p.Items = append(p.Items, name+": layers of different shapes or forms under one name")
	}
	return p
}

func (r *Relation) draftPart() reportpage.Part {
	p := reportpage.Part{Title: "What `loramerge init` drafts", Items: r.Draft.Sentences()}
	for _, o := range r.Draft.Refused {
		p.Items = append(p.Items, "nothing, because "+o.Text)
	}
	return p
}

func (r *Relation) notesPart() reportpage.Part {
	p := reportpage.Part{Title: "Notes"}
	for _, n := range r.Notes() {
		p.Items = append(p.Items, strings.Join(n.Adapters, ", ")+": "+n.Text)
	}
	return p
}

// Noted is a note on folders, once for all adapters that have it.
type Noted struct {
	Text     string
	Adapters []string
}

// Notes are those on the adapters' folders.
func (r *Relation) Notes() (all []Noted) {
	for _, a := range r.Adapters {
		for _, note := range a.Notes {
			at := slices.IndexFunc(all, func(n Noted) bool { return n.Text == note })
			if at < 0 {
				at = len(all)
				all = append(all, Noted{Text: note})
			}
			all[at].Adapters = append(all[at].Adapters, a.Name)
		}
	}
	return all
}
