package relate

import (
	"errors"
	"fmt"
	"strings"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/recipetext"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// Space is one in which adapters can be merged.
type Space struct {
	Space     string     `json:"space"`
	Merges    bool       `json:"merges"`    // them as they are
	Obstacles []Obstacle `json:"obstacles"` // that stand in the way
}

// Obstacle is what the planner says of a merge.
type Obstacle struct {
	Text   string `json:"text"`
	Remedy string `json:"remedy"`
	Page   string `json:"page,omitempty"`  // of `loramerge errors`
	Vouch  string `json:"vouch,omitempty"` // the base model to vouch for, of different ones
}

// Same reports whether another space has the same obstacle: only its remedy names other stages.
func (o Obstacle) Same(other Obstacle) bool { return o.Text == other.Text }

// spacesOf plans a mean of the adapters in each space. Different base models stand in the way in
// all of them, and are vouched for to see what else does.
func spacesOf(adapters []Opened, bases []stages.Claim, options Options) (all []Space, err error) {
	for _, space := range []stages.Space{stages.Factors, stages.Delta, stages.Core} {
		found, err := obstacles(adapters, trial{space: space, bases: bases, vouched: options.Base})
		if err != nil {
			return nil, err
		}
		all = append(all, Space{space.String(), len(found) == 0, found})
	}
	return all, nil
}

// trial is a merge that is planned to see what stands in its way.
type trial struct {
	space   stages.Space
	bases   []stages.Claim
	vouched string   // the base model; may be empty
	settled *Headers // what a draft does about gaps and whole tensors; nil for nothing
}

// obstacles are what the planner says of a trial, but for where its result would be saved.
func obstacles(adapters []Opened, t trial) ([]Obstacle, error) {
	all := []Obstacle{}
	if d := different(t.bases, t.vouched); d != nil {
		all = append(all, ofBases(adapters, d))
	}
	parsed, err := recipe.Parse("", []byte(t.recipe(adapters)), stages.Verbs())
	if err != nil {
		return nil, err // a path, or the name of a field, that no recipe can hold
	}
	planned, err := plan.New(parsed, "", plan.Options{Force: true})
	defer func() { _ = planned.Close() }() // a plan is made even of a recipe with mistakes
	merged, _ := parsed.Lookup("merged")
	found := fault.List(err)
	for _, w := range planned.Warnings {
		if w.Page == Apart {
			found = append(found, w) // missing: zero makes no error of it
		}
	}
	for _, e := range found {
		f, ok := errors.AsType[*fault.Fault](e)
		if !ok || f.Line > merged.Position.Line {
			continue
		}
		all = append(all, Obstacle{Text: f.Message(), Remedy: f.Remedy, Page: f.Page})
	}
	return all, nil
}

// Apart is the page on adapters without a module in common.
const Apart = "no-common-modules"

func ofBases(adapters []Opened, d *plan.BaseDifference) Obstacle {
	name := func(c stages.Claim) string {
		for _, a := range adapters {
			if a.Path == c.Path {
				return a.Name
			}
		}
		return c.Path
	}
	return Obstacle{Vouch: recipetext.Scalar(d.Vouch()), Page: d.Page(), Text: fmt.Sprintf("the adapters are of different %s: %q names %s, %q names %s", d.What(), name(d.X), d.Name(d.X), name(d.Y), d.Name(d.Y)),
		Remedy: fmt.Sprintf("%s, vouch for it with the line `base: %s`", d.Condition(), recipetext.Scalar(d.Vouch()))}
}

// recipe writes a mean of the adapters, a stage a line; what is saved comes last.
func (t trial) recipe(adapters []Opened) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("version: 1")
	base := t.vouched
	if d := different(t.bases, t.vouched); d != nil {
		base = d.Vouch()
	}
	if base != "" {
		line("base: %s", recipetext.Scalar(base))
	}
	line("stages:")
	loads, from := loadsOf(adapters)
	for _, load := range loads {
		line("  %s", load)
	}
	missing := ""
	if t.settled != nil {
		if len(t.settled.Left) > 0 {
			line("  %s: {select: %s, exclude: %s}", t.settled.Inputs(), from, scalars(t.settled.Left))
			from = t.settled.Inputs()
		}
		if t.settled.Gaps {
			missing = ", missing: zero"
		}
	}
	back := "merged"
	if t.space != stages.Factors {
		line("  %ss: {%s: %s}", t.space, t.space, from)
		from, back = t.space.String()+"s", "back"
	}
	line("  merged: {average: %s%s}", from, missing)
	if back == "back" {
		line("  back: {factor: merged, rank: 1}")
	}
	line("  out: {save: %s, to: out/merged}", back)
	return b.String()
}

// loadsOf writes the stages that load the adapters, and a reference to all of these.
func loadsOf(adapters []Opened) (lines []string, all string) {
	own := map[string]bool{"merged": true, "back": true, "out": true, "alike": true, "deltas": true, "cores": true}
	names, paths := make(map[string]string), make(map[string][]string)
	var order []Load
	for _, a := range adapters {
		path, err := recipetext.Path("", a.Path)
		if err != nil {
			path = a.Path
		}
		if paths[a.Load.Stage] == nil {
			order, names[a.Load.Stage] = append(order, a.Load), recipetext.Name(a.Load.Stage, own)
		}
		paths[a.Load.Stage] = append(paths[a.Load.Stage], a.Load.Name+": "+recipetext.Scalar(path))
	}
	var references []string
	for _, load := range order {
		params := load.Params
		if params != "" {
			params = ", " + params
		}
		name := names[load.Stage]
		lines, references = append(lines, fmt.Sprintf("%s: {load: {%s}%s}", name, strings.Join(paths[load.Stage], ", "), params)), append(references, name)
	}
	if len(references) == 1 {
		return lines, references[0]
	}
	return lines, "[" + strings.Join(references, ", ") + "]"
}

func scalars(texts []string) string {
	out := make([]string, len(texts))
	for i, text := range texts {
		out[i] = recipetext.Scalar(text)
	}
	return "[" + strings.Join(out, ", ") + "]"
}
