package plan

import (
	"fmt"
	"slices"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/recipe"
)

// warningNames are those by which a stage can allow its warnings: the pages that explain them.
var warningNames = []string{
	"adapter-notes", cancellation, "evaluator-commands", "factor-space", "files-beside", "no-common-modules", "quantized-bases", "readers",
	"shared-draws", "size", "stacked-experts", "symbolic-links", "task-types", "token-rows", "unused", "weights-of-sum-0",
}

// cancellation is found out by a run alone.
const cancellation = "cancellation"

// written is the stage of the recipe that a node was expanded from.
func (n *Node) written() *recipe.Stage {
	if n.Origin != nil {
		return n.Origin
	}
	return n.Stage
}

// Allows reports whether whoever wrote the node's stage knows of its warnings of a name.
func (n *Node) Allows(warning string) bool {
	return slices.ContainsFunc(n.written().Allow, func(a recipe.Allowed) bool { return a.Warning == warning })
}

// warn adds warnings of a node to those that are told, or to those that its stage allows.
func (p *Plan) warn(n *Node, all ...*fault.Fault) {
	for _, w := range all {
		if p.draws(n, w.Page); n.Allows(w.Page) {
			p.acknowledged = append(p.acknowledged, w)
		} else {
			p.Warnings = append(p.Warnings, w)
		}
	}
}

// draws notes that a node has a warning of a name.
func (p *Plan) draws(n *Node, warning string) {
	if warning == "" {
		return
	}
	if !slices.Contains(warningNames, warning) {
		panic(fmt.Sprintf("plan: %q is no warning's name", warning))
	}
	if p.drawn == nil {
		p.drawn = make(map[*recipe.Stage][]string)
	}
	p.drawn[n.written()] = append(p.drawn[n.written()], warning)
}

// checkAllowed reports names of no warning.
func (p *Plan) checkAllowed() error {
	var all *multierror.Error
	for _, s := range p.writtenStages() {
		for _, a := range s.Allow {
			if !slices.Contains(warningNames, a.Warning) {
				all = multierror.Append(all, recipe.UnknownName(a.Position, "warning", a.Warning, warningNames, "can be allowed"))
			}
		}
	}
	return all.ErrorOrNil()
}

// warnOfAllowed tells of stages that allow what they do not draw, so that a warning that comes later is read.
func (p *Plan) warnOfAllowed() {
	for _, s := range p.writtenStages() {
		for _, a := range s.Allow {
			if a.Warning != cancellation && !slices.Contains(p.drawn[s], a.Warning) {
				p.Warnings = append(p.Warnings, fault.At(a.Position, "stage %q does not draw the warning %s", s.Name, a.Warning).Mend("leave it out of `allow`"))
			}
		}
	}
}

// writtenStages are the stages of the plan as they were written, each once.
func (p *Plan) writtenStages() []*recipe.Stage {
	var all []*recipe.Stage
	seen := make(map[*recipe.Stage]bool)
	for _, n := range p.Nodes {
		if s := n.written(); !seen[s] {
			seen[s] = true
			all = append(all, s)
		}
	}
	return all
}
