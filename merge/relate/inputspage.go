package relate

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/internal/printable"
	"github.com/loramerge/loramerge/internal/reportpage"
)

// Inputs is what is found, as it is drawn on the page of a merge of these adapters.
func (r *Relation) Inputs() *reportpage.Relation {
	page := &reportpage.Relation{Facts: []string{r.spacesText() + " " + r.sizesText() + " " + r.cosinesText() + " " + r.signsText()}}
	for _, f := range r.Findings {
		page.Findings = append(page.Findings, f.Sentence())
	}
	partial := r.partialPart()
	if len(partial.Items) > 0 {
		page.Findings = append(page.Findings, fmt.Sprintf("Modules: %d of %s are in all adapters; the others are listed below.", r.Modules.Common, printable.Count(r.Modules.All, "module")))
	}
	page.Lead = "Nothing speaks against a merge of these adapters: they are of one size, as far as a factor of two, no two have much in common or work against each other, and all have the same modules."
	if len(page.Findings) > 0 {
		page.Lead = "These adapters suit each other, except for this:"
	}
	page.Sections = append([]reportpage.Part{r.inputsPart()}, r.matrices("")...)
	if len(partial.Items) > 0 {
		page.Sections = append(page.Sections, partial)
	}
	page.Sections = append(page.Sections, r.draftPart())
	return page
}

// spacesText says which spaces can merge the adapters as they are, and why others can't.
func (r *Relation) spacesText() string {
	var can, reasons []string
	spaces := make(map[string][]string) // by reasons
	for _, s := range r.Spaces {
		if s.Merges {
			can = append(can, s.Space)
			continue
		}
		var texts []string
		for _, o := range s.Obstacles {
			// A page's name says in two words what its obstacle is.
			texts = append(texts, cmp.Or(strings.ReplaceAll(o.Page, "-", " "), o.Text))
		}
		reason := strings.Join(slices.Compact(texts), ", ")
		if spaces[reason] == nil {
			reasons = append(reasons, reason)
		}
		spaces[reason] = append(spaces[reason], s.Space)
	}
	for i, reason := range reasons {
		reasons[i] = fmt.Sprintf("%s (%s)", reason, listed(spaces[reason]))
	}
	because := strings.Join(reasons, "; ")
	switch {
	case len(can) == 0:
		return fmt.Sprintf("As they are, no space can merge them, so that the recipe must take steps before: %s.", because)
	case len(reasons) == 0:
		return fmt.Sprintf("The spaces %s can all merge them as they are.", listed(can))
	}
	return fmt.Sprintf("As they are, the %s %s can merge them; in the way elsewhere: %s.", printable.Choose(len(can), "space", "spaces"), listed(can), because)
}

func (r *Relation) sizesText() string {
	byNorm := func(x, y *Adapter) int { return cmp.Compare(x.Norm, y.Norm) }
	least, most := slices.MinFunc(r.Adapters, byNorm), slices.MaxFunc(r.Adapters, byNorm)
	from, to := fmt.Sprintf("%.3g", least.Norm), fmt.Sprintf("%.3g", most.Norm)
	if from == to {
		return fmt.Sprintf("Their ‖ΔW‖ is %s each.", from)
	}
	return fmt.Sprintf("Their ‖ΔW‖ is between %s (%s) and %s (%s).", from, least.Name, to, most.Name)
}

func (r *Relation) cosinesText() string {
	least, most := math.Inf(1), math.Inf(-1)
	for _, p := range r.Pairs {
		if p.Cosine.Value.Defined() {
			least, most = min(least, float64(p.Cosine.Value)), max(most, float64(p.Cosine.Value))
		}
	}
	switch {
	case least > most:
		return ""
	case least == most:
		return fmt.Sprintf("The cosine of their ΔW is %.2g, where that of unrelated adapters is 0 ± %.2g.", least, r.CosineSpread())
	}
	return fmt.Sprintf("The cosines of their ΔW are between %.2g and %.2g, where those of unrelated adapters are 0 ± %.2g.", least, most, r.CosineSpread())
}

func (r *Relation) signsText() string {
	if !r.SignConflict.Value.Defined() {
		return ""
	}
	return fmt.Sprintf("One raises and another lowers %.3g %% of the elements; of unrelated ones it would be %.3g %%.", 100*float64(r.SignConflict.Value), 100*float64(r.SignConflict.Unrelated))
}

// inputsPart has what adapters are, where the page of a merge does not show it anyway.
func (r *Relation) inputsPart() reportpage.Part {
	p := reportpage.Part{Heading: []string{"adapter", "‖ΔW‖", "pairs", "rank", "alpha"}, Aside: true}
	whole := slices.ContainsFunc(r.Adapters, func(a *Adapter) bool { return a.Whole+a.Rows > 0 })
	bases := slices.ContainsFunc(r.Adapters, func(a *Adapter) bool { return a.Base != r.Adapters[0].Base })
	row := func(cells []string, tensors, base, path string) []string {
		if whole {
			cells = append(cells, tensors)
		}
		if bases {
			cells = append(cells, base)
		}
		return append(cells, path)
	}
	p.Heading = row(p.Heading, "whole tensors", "base model", "path")
	for _, a := range r.Adapters {
		p.Rows = append(p.Rows, row([]string{a.Name, fmt.Sprintf("%.4g", a.Norm), fmt.Sprint(a.Pairs), a.Ranks.String(), a.Alphas.String()}, a.wholeText(), a.Base, a.Path))
	}
	return p
}
