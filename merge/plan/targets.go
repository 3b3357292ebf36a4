package plan

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/adapter/formats"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/lockfile"
	"github.com/loramerge/loramerge/internal/osfile"
	"github.com/loramerge/loramerge/internal/outdir"
	"github.com/loramerge/loramerge/internal/overwrite"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// checkTargets keeps saves from overwriting each other, their inputs, and folders that loramerge
// did not make.
func (p *Plan) checkTargets(options Options) error {
	var all *multierror.Error
	ends := 0
	targets := make(map[string]*Node)
	for _, n := range p.Nodes {
		if n.Verb == nil || n.Verb.Ends() {
			ends++
		}
		sink, ok := n.Op.(stages.Sink)
		if !ok || n.broken {
			continue
		}
		to, at := sink.To()
		target := osfile.Abs(sink.Target())
		all = multierror.Append(all, p.checkLanding(at, to, target, options))
		if real, err := landing(target); err == nil {
			target = real
		}
		if other := overlapping(targets, target); other != nil {
			all = multierror.Append(all, fault.At(at, "stage %q saves to %s already", other.ID, other.Op.(stages.Sink).Target()).Mend("save to a folder of its own"))
		}
		targets[target] = n
		all = multierror.Append(all, p.checkReplaceable(at, sink.Target(), options))
	}
	if ends == 0 && len(p.Recipe.Stages) > 0 {
		last := p.Recipe.Stages[len(p.Recipe.Stages)-1]
		all = multierror.Append(all, fault.At(last.Position, "no stage saves anything").Mend("add a stage `"+stages.SaveLine(last.Name)+"`"))
	}
	return all.ErrorOrNil()
}

// overlapping finds a target that is the path, lies in it or holds it.
func overlapping(targets map[string]*Node, path string) *Node {
	for target, n := range targets {
		if overwrite.Within(target, path) || overwrite.Within(path, target) {
			return n
		}
	}
	return nil
}

// unsaveable is the Fault of a target that can't be written. It adds a remedy to an error of the
// operating system.
func unsaveable(at recipe.Position, err error) *fault.Fault {
	m := fault.At(at, "this can't be saved to").Because(err)
	if _, ofSystem := errors.AsType[*fs.PathError](err); ofSystem {
		m.Mend("remove what is in its way, or save elsewhere")
	}
	return m
}

// checkReplaceable refuses to replace what the plan reads, and what loramerge did not make.
func (p *Plan) checkReplaceable(at recipe.Position, target string, options Options) error {
	if err := outdir.Check(target); err != nil {
		return unsaveable(at, err)
	}
	err := overwrite.Rule{Force: options.Force, Kept: p.reads()}.Check(target, foreign)
	if err != nil {
		return fault.At(at, "").Because(err).See("overwriting")
	}
	return nil
}

func foreign(folder string) (string, error) {
	stranger, err := formats.Stranger(folder)
	if err != nil || stranger == "" {
		return "", err
	}
	return "holds " + stranger + ", which loramerge did not make", nil
}

// landing is where a path leads once the symbolic links among its parent folders are
// followed. Parents that are still to be made lead nowhere else; the last element
// itself may not be a link (outdir.Check).
func landing(path string) (string, error) {
	folder, rest := filepath.Dir(path), filepath.Base(path)
	for {
		_, err := os.Lstat(folder)
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrNotExist) || filepath.Dir(folder) == folder {
			return "", err
		}
		folder, rest = filepath.Dir(folder), filepath.Join(filepath.Base(folder), rest)
	}
	real, err := filepath.EvalSymlinks(folder)
	return filepath.Join(real, rest), err
}

// checkLanding refuses a target below the recipe's folder whose parents lead out of it
// through a symbolic link: a reviewer of the recipe would not see where it writes. An
// absolute path, or one with `..`, says openly where it leads.
func (p *Plan) checkLanding(at recipe.Position, to, target string, options Options) error {
	folder := osfile.Abs(p.dir)
	if options.Force || filepath.IsAbs(to) || !overwrite.Within(target, folder) {
		return nil
	}
	home, err := filepath.EvalSymlinks(folder)
	if err != nil {
		return unsaveable(at, err)
	}
	real, err := landing(target)
	if err != nil {
		return unsaveable(at, err)
	}
	if !overwrite.Within(real, home) {
		return fault.At(at, "a symbolic link leads this out of the recipe's folder, to %s", real).Mend("write that path itself, or allow it with --force").See("symbolic-links")
	}
	return nil
}

// Kept is what no file that is written beside the outputs may replace: what the plan reads,
// and the outputs.
func (p *Plan) Kept() []overwrite.Kept {
	all := p.reads()
	for _, n := range p.Nodes {
		if sink, ok := n.Op.(stages.Sink); ok {
			all = append(all, overwrite.Kept{Path: sink.Target(), What: fmt.Sprintf("where stage %q saves", n.ID), Closed: true})
		}
	}
	return all
}

// reads are the files that the plan is made from, and the lock, which the run writes itself.
func (p *Plan) reads() []overwrite.Kept {
	all := p.loads()
	if _, err := os.Stat(p.Recipe.File); err == nil { // that of an output's metadata is in no file of its own
		all = append(all, overwrite.Kept{Path: p.Recipe.File, What: "the recipe"}, overwrite.Kept{Path: lockfile.Path(p.Recipe.File), What: "its lock"})
	}
	for _, in := range p.Included {
		all = append(all, overwrite.Kept{Path: filepath.Join(p.dir, filepath.FromSlash(in.path)), What: "a recipe that is loaded"})
	}
	return all
}

// loads are the files of the adapters that the plan loads, and of their base models.
func (p *Plan) loads() []overwrite.Kept {
	var all []overwrite.Kept
	for _, n := range p.Nodes {
		if sink, ok := n.Op.(stages.Sink); ok && sink.BaseConfig() != nil {
			all = append(all, overwrite.Kept{Path: sink.BaseConfig().Path, What: fmt.Sprintf("which stage %q reads", n.ID)})
		}
		source, ok := n.Op.(stages.Source)
		if !ok {
			continue
		}
		for _, opened := range source.Adapters() {
			what := fmt.Sprintf("which stage %q reads", n.ID)
			for _, path := range slices.DeleteFunc([]string{opened.Path, opened.Files.Weights, opened.Files.Config}, func(path string) bool { return path == "" }) {
				all = append(all, overwrite.Kept{Path: path, What: what})
			}
		}
	}
	return all
}
