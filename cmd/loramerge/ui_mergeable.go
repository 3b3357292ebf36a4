package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/internal/printable"
	"github.com/loramerge/loramerge/merge/relate"
	"github.com/loramerge/loramerge/stages"
)

// modules says which are not in all adapters.
func (u *ui) modules(r *relate.Relation) {
	m := r.Modules
	u.print("\n")
	if m.Common == m.All && len(m.Unlike) == 0 {
		u.printf("All have the same %s.\n", printable.Count(m.All, "module"))
		return
	}
	common := fmt.Sprint(m.Common)
	if m.Common == 0 {
		common = "none"
	}
	u.printf("Of %s, %s %s in all adapters.\n", printable.Count(m.All, "module"), common, printable.Choose(max(m.Common, 1), "is", "are"))
	for _, p := range m.Partial {
		u.wrapped("- ", fmt.Sprintf("%s (%s): only in %s", p.Kind, printable.Count(p.Modules, "module"), short(p.Adapters)))
	}
	if len(m.Unlike) > 0 {
		u.wrapped("- ", "layers of different shapes or forms under one name: "+short(m.Unlike))
	}
}

// spaces says which can merge the adapters, and what stands in the way: first what does in all.
func (u *ui) spaces(r *relate.Relation) {
	var can []string
	common := slices.Clone(r.Spaces[0].Obstacles)
	for _, s := range r.Spaces {
		if s.Merges {
			can = append(can, s.Space)
		}
		common = slices.DeleteFunc(common, func(o relate.Obstacle) bool { return !slices.ContainsFunc(s.Obstacles, o.Same) })
	}
	switch {
	case len(can) == len(r.Spaces):
		u.printf("\nThe spaces %s can all merge them as they are.\n", listing(can))
	case len(can) > 0:
		u.printf("\nThe %s %s can merge them as they are.\n", printable.Choose(len(can), "space", "spaces"), listing(can))
	default:
		u.print("\nNo space can merge them as they are:\n")
	}
	u.obstacles(common)
	for _, s := range r.Spaces {
		own := slices.DeleteFunc(slices.Clone(s.Obstacles), func(o relate.Obstacle) bool { return slices.ContainsFunc(common, o.Same) })
		if len(own) > 0 {
			u.wrapped("", "In the space "+s.Space+inTheWay(s, len(common) > 0)+":")
			u.obstacles(own)
		}
	}
}

// inTheWay begins a list of what only this space refuses.
func inTheWay(s relate.Space, more bool) string {
	text := ", which merges A and B separately, "
	if s.Space != stages.Factors.String() {
		text = ", "
	}
	if more {
		return text + "this is in the way too"
	}
	return text + "this is in the way"
}

func (u *ui) obstacles(all []relate.Obstacle) {
	for _, o := range all {
		u.wrapped("- ", o.Text)
		if o.Remedy != "" {
			u.wrapped("  = ", o.Remedy)
		}
		if o.Page != "" {
			u.printf("  = see `loramerge errors %s`\n", o.Page)
		}
	}
}

// draft says what init would write.
func (u *ui) draft(r *relate.Relation) {
	delta := slices.IndexFunc(r.Spaces, func(s relate.Space) bool { return s.Space == stages.Delta.String() })
	switch d := r.Draft; {
	case len(d.Refused) == 0:
		u.print("\n`loramerge init` drafts\n")
		for _, s := range d.Sentences() {
			u.wrapped("- ", s)
		}
	case len(d.Refused) == len(r.Spaces[delta].Obstacles):
		u.print("\n`loramerge init` refuses them for these reasons too.\n")
	default:
		u.print("\n`loramerge init` refuses them, because:\n")
		for _, o := range d.Refused {
			u.wrapped("- ", o.Text)
		}
	}
	for _, o := range r.Draft.Refused {
		if o.Vouch != "" {
			u.wrapped("  = ", "`loramerge init --base "+o.Vouch+"` drafts the merge for whoever vouches that they are one model")
		}
	}
}

// notes are those on the folders, once for all adapters that have one.
func (u *ui) notes(r *relate.Relation) {
	for i, n := range r.Notes() {
		if i == 0 {
			u.print("\n")
		}
		u.wrapped("note: ", short(n.Adapters)+": "+n.Text)
	}
}

// short lists the first names.
func short(names []string) string {
	if len(names) > mostNamed {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:mostNamed], ", "), len(names)-mostNamed)
	}
	return strings.Join(names, ", ")
}

// listing is names with an "and".
func listing(names []string) string {
	if last := len(names) - 1; last > 0 {
		return strings.Join(names[:last], ", ") + " and " + names[last]
	}
	return names[0]
}
