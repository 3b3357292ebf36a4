package merge

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/outdir"
	"github.com/loramerge/loramerge/internal/realpath"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// checkBases refuses adapters that name different base models where they meet, once. The
// plan's own recipe vouches for all stages, one that is loaded for its own alone: a
// reviewer need not look into another recipe to see who did.
func (p *Plan) checkBases() error {
	if p.Recipe.Base != "" {
		return nil
	}
	for _, n := range p.Nodes {
		if n.broken || len(n.Slots) == 0 || n.in.Base != "" {
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
					"adapters of different base models meet here: %s names %q, %s names %q", first.Path, baseOf(first), s.Path, baseOf(s)).See("different-bases")
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
		at, target := n.Params.At("to"), realpath.Abs(sink.Target())
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
			if err == nil && holds(target, realpath.Abs(real)) {
				return recipe.Mistakef(at, "save to another folder", "this would replace %s, which stage %q reads", opened.Path, n.Name).See("overwriting")
			}
		}
	}
	return nil
}

// unsaveable is the Mistake of a target that can't be written. What the system says of
// it lacks a remedy.
func unsaveable(at recipe.Position, err error) *recipe.Mistake {
	m := &recipe.Mistake{Position: at, Text: "this can't be saved to", Cause: err}
	if _, ofSystem := errors.AsType[*fs.PathError](err); ofSystem {
		m.Remedy = "mend what stands in its way, or save elsewhere"
	}
	return m
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
		return unsaveable(at, err)
	}
	if options.Force {
		return nil
	}
	stranger, err := adapter.Stranger(target)
	if err != nil {
		return &recipe.Mistake{Position: at, Text: "what stands here can't be looked at", Remedy: "check its permissions, save to another folder, or replace it with --force", Cause: err}
	}
	if stranger != "" {
		return recipe.Mistakef(at, "save to another folder, or replace it with --force", "%s holds %s, which loramerge did not make", target, stranger).See("overwriting")
	}
	return nil
}
