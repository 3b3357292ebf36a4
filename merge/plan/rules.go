package plan

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/osfile"
	"github.com/loramerge/loramerge/internal/outdir"
	"github.com/loramerge/loramerge/internal/overwrite"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// checkTargets keeps saves from each other, from their inputs, and from folders
// that loramerge did not make.
func (p *Plan) checkTargets(options Options) error {
	var all *multierror.Error
	saves := 0
	targets := make(map[string]*Node)
	for _, n := range p.Nodes {
		if n.Verb == nil || n.Verb.Writes {
			saves++
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
	if saves == 0 && len(p.Recipe.Stages) > 0 {
		last := p.Recipe.Stages[len(p.Recipe.Stages)-1]
		all = multierror.Append(all, fault.At(last.Position, "no stage saves anything").Mend("add a stage `"+stages.SaveLine(last.Name)+"`"))
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

// unsaveable is the Fault of a target that can't be written. What the system says of
// it lacks a remedy.
func unsaveable(at recipe.Position, err error) *fault.Fault {
	m := fault.At(at, "this can't be saved to").Because(err)
	if _, ofSystem := errors.AsType[*fs.PathError](err); ofSystem {
		m.Mend("remove what is in its way, or save elsewhere")
	}
	return m
}

// checkReplaceable refuses to replace what is read, and what loramerge did not make.
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
	stranger, err := adapter.Stranger(folder)
	if err != nil || stranger == "" {
		return "", err
	}
	return "holds " + stranger + ", which loramerge did not make", nil
}
