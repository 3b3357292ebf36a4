package merge

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/outdir"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// checkBases refuses adapters that name different base models where they meet, once.
func (p *Plan) checkBases() error {
	if p.Recipe.Base != "" {
		return nil
	}
	for _, n := range p.Nodes {
		if n.broken || len(n.Slots) == 0 {
			continue
		}
		var first *adapter.Adapter
		for _, s := range n.Out.Sources {
			switch {
			case baseOf(s) == "":
			case first == nil:
				first = s
			case baseOf(s) != baseOf(first):
				return recipe.Mistakef(n.Position, fmt.Sprintf("if they are the same model, vouch for it with the line `base: %s`", baseOf(first)),
					"adapters of different base models meet here: %s names %q, %s names %q", first.Path, baseOf(first), s.Path, baseOf(s))
			}
		}
	}
	return nil
}

func baseOf(a *adapter.Adapter) string {
	if a.Config.Base == nil {
		return ""
	}
	return *a.Config.Base
}

// base is the base model's name for what a node saves.
func (p *Plan) base(n *Node) string {
	if p.Recipe.Base != "" {
		return p.Recipe.Base
	}
	for _, s := range n.Out.Sources {
		if name := baseOf(s); name != "" {
			return name
		}
	}
	return ""
}

// checkTargets keeps saves from each other, from their inputs, and from folders
// that loramerge did not make.
func (p *Plan) checkTargets(options PlanOptions) error {
	var all *multierror.Error
	saves := 0
	targets := make(map[string]*Node)
	for _, n := range p.Nodes {
		if n.Verb == nil || n.Kind.Name == "save" {
			saves++
		}
		sink, ok := n.stage.(stages.Sink)
		if !ok || n.broken {
			continue
		}
		at, target := n.Params.At("to"), absolute(sink.Target())
		all = multierror.Append(all, p.checkLanding(at, n.Params.Text("to"), target, options))
		if real, err := landing(target); err == nil {
			target = real
		}
		if other := overlapping(targets, target); other != nil {
			all = multierror.Append(all, recipe.Mistakef(at, "save to a folder of its own", "stage %q saves to %s already", other.Name, other.stage.(stages.Sink).Target()))
		}
		targets[target] = n
		all = multierror.Append(all, p.checkInputsSafe(at, target), checkReplaceable(at, sink.Target(), options))
	}
	if saves == 0 && len(p.Recipe.Stages) > 0 {
		last := p.Recipe.Stages[len(p.Recipe.Stages)-1]
		all = multierror.Append(all, recipe.Mistakef(last.Position, fmt.Sprintf("add a stage `out: {save: %s, to: out/%s}`", last.Name, last.Name), "no stage saves anything"))
	}
	return all.ErrorOrNil()
}

func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return filepath.Clean(path)
}

// overlapping finds a target that is the path, lies in it or holds it.
func overlapping(targets map[string]*Node, path string) *Node {
	for target, n := range targets {
		if within(target, path) || within(path, target) {
			return n
		}
	}
	return nil
}

func within(path, folder string) bool {
	return path == folder || strings.HasPrefix(path, folder+string(filepath.Separator))
}

// checkInputsSafe refuses to replace a folder that an input is read from.
func (p *Plan) checkInputsSafe(at recipe.Position, target string) error {
	for _, n := range p.Nodes {
		source, ok := n.stage.(stages.Source)
		if !ok {
			continue
		}
		for _, opened := range source.Adapters() {
			real, err := filepath.EvalSymlinks(opened.Path)
			if err == nil && holds(target, absolute(real)) {
				return recipe.Mistakef(at, "save to another folder", "this would replace %s, which stage %q reads", opened.Path, n.Name)
			}
		}
	}
	return nil
}

// holds tells whether a folder is the path or one of its parents, by whatever name: it has
// several where the file system ignores case or is mounted twice.
func holds(folder, path string) bool {
	if within(path, folder) {
		return true
	}
	info, err := os.Stat(folder)
	if err != nil {
		return false
	}
	for parent := filepath.Dir(path); ; path, parent = parent, filepath.Dir(parent) {
		if at, err := os.Stat(path); err == nil && os.SameFile(at, info) {
			return true
		}
		if parent == path {
			return false
		}
	}
}

func checkReplaceable(at recipe.Position, target string, options PlanOptions) error {
	if err := outdir.Check(target); err != nil {
		return &recipe.Mistake{Position: at, Text: "this can't be saved to", Cause: err}
	}
	if options.Force {
		return nil
	}
	stranger, err := adapter.Stranger(target)
	if err != nil {
		return &recipe.Mistake{Position: at, Text: "what stands here can't be looked at", Remedy: "check its permissions, save to another folder, or replace it with --force", Cause: err}
	}
	if stranger != "" {
		return recipe.Mistakef(at, "save to another folder, or replace it with --force", "%s holds %s, which loramerge did not make", target, stranger)
	}
	return nil
}

// warn gathers what hinders nothing but is worth a look.
func (p *Plan) warn() {
	used := make(map[*Node]bool)
	for _, n := range p.Nodes {
		for _, slot := range n.Slots {
			for _, edge := range slot {
				used[edge.From] = true
			}
		}
	}
	for _, n := range p.Nodes {
		if w, ok := n.stage.(stages.Warner); ok {
			p.Warnings = append(p.Warnings, w.Warnings(n.In)...)
		}
		if _, sink := n.stage.(stages.Sink); !sink && !used[n] {
			p.Warnings = append(p.Warnings, recipe.Mistakef(n.Position, "remove it, or use it", "nothing uses stage %q", n.Name))
		}
		if _, ok := n.stage.(stages.Combiner); ok && n.Out.Space == stages.Factors && len(n.In[0].Members) > 1 {
			p.Warnings = append(p.Warnings, recipe.Mistakef(n.Position, "merge in the space delta where that matters",
				"%s combines A and B apart, so its ΔW is not the %s of the adapters' ΔW", n.Kind.Name, n.Kind.Name))
		}
	}
}
