package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/lockfile"
	"github.com/loramerge/loramerge/internal/outdir"
	"github.com/loramerge/loramerge/internal/overwrite"
	"github.com/loramerge/loramerge/merge/evaluate"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// lockSession is what a run is held to: the lock as it is, and what it would be now.
type lockSession struct {
	plan    *plan.Plan
	options Options
	path    string
	old     *lockfile.Lock
	now     *lockfile.Lock // nil until the inputs are hashed
	inputs  []plan.Input
	digests plan.Digests
}

// openLock reads the lock, and compares it with the inputs: at once, if that costs nothing or
// may save all the work, otherwise during the work.
func openLock(ctx context.Context, p *plan.Plan, options Options) (*lockSession, error) {
	s := &lockSession{plan: p, options: options, path: lockfile.Path(p.Recipe.File)}
	if options.Lock != LockIgnore {
		old, err := lockfile.Read(s.path)
		if err != nil && !(options.Lock == LockUpdate && s.replaceable()) {
			return nil, err
		}
		s.old = old
	}
	if given := p.Recipe.Given(); given != "" && (options.Lock == LockFrozen || options.Lock == LockUpdate) {
		return nil, fault.At(recipe.Position{File: p.Recipe.File, Line: 1, Column: 1}, "a lock pins the merge of the defaults, and the variable %q was given another value", given).
			Mend("leave --set out, or write a recipe that loads this one's stages with `set`: it has a lock of its own").See("locks")
	}
	if options.Lock == LockFrozen && s.old == nil {
		return nil, fault.At(recipe.Position{File: p.Recipe.File, Line: 1, Column: 1}, "there is no lock %s to hold the run to", s.path).
			Mend("run it once without --locked and commit the lock").See("locks")
	}
	if inputs, known := p.KnownInputs(options.Hashes); known {
		return s, s.check(inputs)
	}
	if !s.outputsLocked() && len(p.Scored) == 0 {
		return s, nil
	}
	inputs, err := p.Inputs(ctx, options.Hashes, options.Jobs)
	if err != nil {
		return nil, err
	}
	return s, s.check(inputs)
}

// replaceable reports whether the file at the lock's path may be replaced by a lock.
func (s *lockSession) replaceable() bool {
	return overwrite.Rule{Force: s.plan.Force}.CheckFile(s.path, overwrite.Begins(lockfile.Is)) == nil
}

// outputsLocked reports whether every output that is to be made exists and is in the lock,
// whatever it contains.
func (s *lockSession) outputsLocked() bool {
	for _, n := range s.plan.Sinks() {
		if s.old == nil || s.old.Outputs[n.ID].Weights == "" {
			return false
		}
		sink := n.Op.(stages.Sink)
		if _, err := os.Stat(filepath.Join(sink.Target(), sink.Format().Names().Weights)); err != nil {
			return false
		}
	}
	return true
}

// check takes the inputs' hashes and refuses what the lock does not allow.
func (s *lockSession) check(inputs []plan.Input) error {
	for _, in := range inputs {
		if err := in.CheckCached(); err != nil {
			return err
		}
	}
	s.inputs, s.digests = inputs, s.plan.Digests(inputs)
	s.now = lockOf(s.plan, inputs, s.digests, s.options.Version)
	if s.old != nil && len(s.plan.Scored) > 0 {
		s.now.Scores = s.old.Scores // until they are known
	}
	if s.old == nil || s.options.Lock == LockUpdate {
		return nil
	}
	changes := s.old.InputChanges(s.now)
	if s.options.Lock == LockFrozen {
		changes = s.old.Changes(s.now.WithOutputs(s.old.Outputs))
	}
	return s.old.Refusal(changes)
}

// lockOf is what the plan would be held to, apart from its outputs.
func lockOf(p *plan.Plan, inputs []plan.Input, digests plan.Digests, version string) *lockfile.Lock {
	l := lockfile.New()
	l.Tool, l.Kernels, l.Plan = version, digests.Kernels, digests.Plan.String()
	for _, in := range inputs {
		l.Inputs[in.Stage+"."+in.Name] = lockfile.Input{Path: filepath.ToSlash(in.Path), Origin: in.Origin, Weights: in.Weights.String(), Config: in.ConfigHash()}
	}
	for _, n := range p.Sinks() {
		if base := n.Op.(stages.Sink).BaseConfig(); base != nil && base.Origin != "" {
			l.Inputs[n.ID+".base-config"] = lockfile.Input{Path: base.Reference, Origin: base.Origin, Config: "sha256:" + base.SHA256}
		}
	}
	if len(p.Included) > 0 {
		l.Recipes = make(map[string]string)
	}
	for _, in := range p.Included {
		l.Recipes[in.Label()] = in.Digest().String()
	}
	return l
}

// upToDate reports whether the outputs that the lock names are what a run would write, so
// that there is nothing to do.
func (s *lockSession) upToDate(ctx context.Context) bool {
	if s.old == nil || s.now == nil || s.options.Lock == LockUpdate || s.plan.Recipe.Given() != "" {
		return false
	}
	if len(s.old.Changes(s.now.WithOutputs(s.old.Outputs))) > 0 && !s.otherKernels() {
		return false
	}
	for _, n := range s.plan.Sinks() {
		locked, known := s.old.Outputs[n.ID]
		if !known || !s.isCurrent(ctx, n, locked) {
			return false
		}
	}
	return true
}

// ofPlan reports whether the lock that there is was made of this plan, whatever its scores.
func (s *lockSession) ofPlan() bool {
	return s.old != nil && s.old.Digest == digest.Version && s.old.Plan == s.digests.Plan.String()
}

// otherKernels reports whether the lock is one of the same plan and inputs on another class of
// matrix kernels, which may give other last bits.
func (s *lockSession) otherKernels() bool {
	if s.old == nil || s.old.Kernels == "" || s.now.Kernels == "" || s.old.Kernels == s.now.Kernels {
		return false
	}
	here := *s.old
	here.Kernels = s.now.Kernels
	return len(here.Changes(s.now.WithOutputs(s.old.Outputs))) == 0
}

// isCurrent reports whether a folder holds what a run would write: the two files that the lock
// pins, those that are carried, the recipe, in whatever words, and a card.
func (s *lockSession) isCurrent(ctx context.Context, n *plan.Node, locked lockfile.Pair) bool {
	folder, names := n.Op.(stages.Sink).Target(), n.Op.(stages.Sink).Format().Names()
	pinned := map[string]string{names.Weights: locked.Weights}
	if names.Config != "" {
		pinned[names.Config] = locked.Config
	}
	for _, c := range n.Carries {
		pinned[c.Name] = c.Hash(s.inputs).String()
	}
	for file, want := range pinned {
		got, err := s.options.Hashes.Hash(ctx, filepath.Join(folder, file))
		if err != nil || got.String() != want {
			return false
		}
	}
	if info, err := os.Lstat(filepath.Join(folder, adapter.CardFile)); err != nil || !info.Mode().IsRegular() {
		return false
	}
	beside, err := readBeside(folder, n.Stage.Name)
	return err == nil && beside == string(s.plan.Recipe.Leading(n.Stage.Name).Canonical())
}

// record notes an output that is complete but not in place yet, and refuses one
// that differs from what the lock says the same plan gives.
func (s *lockSession) record(n *plan.Node, weights digest.Digest, layout *adapter.Layout) error {
	pair := lockfile.Pair{Path: plan.RecipePath(n), Weights: weights.String()}
	if layout.Names.Config != "" {
		pair.Config = digest.Digest(layout.ConfigSHA256()).String()
	}
	s.now.Outputs[n.ID] = pair
	if s.old == nil || s.options.Lock == LockUpdate || s.old.Digest != s.now.Digest || s.old.Plan != s.now.Plan || s.old.Kernels != s.now.Kernels {
		return nil
	}
	locked, known := s.old.Outputs[n.ID]
	if !known && s.options.Lock == LockFrozen {
		return fault.At(s.old.Place("outputs"), "the lock pins no output of stage %q", n.ID).
			Mend("run it once without --locked and commit the lock").See("locks")
	}
	if known && locked != pair {
		what, is, was := "weights", pair.Weights, locked.Weights
		if is == was {
			what, is, was = "configuration", pair.Config, locked.Config
		}
		return fmt.Errorf("stage %q: the same plan and inputs gave other bytes than %s pins: %s %s instead of %s (the lock is of loramerge %s, and this is %s); please report it, and see `loramerge verify`",
			n.ID, s.path, what, is, was, cmp.Or(s.old.Tool, "nothing"), cmp.Or(s.options.Version, "nothing"))
	}
	return nil
}

// write writes the lock if it changed, and the documents of its scores, and returns how, or why
// it is left as it is.
func (s *lockSession) write(documents []byte) (changes []lockfile.Change, kept string, err error) {
	if s.options.Lock == LockIgnore || s.options.Lock == LockFrozen {
		return nil, "", nil
	}
	if s.plan.Recipe.Given() != "" {
		if s.old == nil {
			return nil, "", nil
		}
		return nil, fmt.Sprintf("%s pins the merge of the defaults, and stays as it is", s.path), nil
	}
	if s.old == nil {
		return nil, "", s.writeAll(documents)
	}
	if s.options.Lock != LockUpdate && s.otherKernels() {
		return nil, fmt.Sprintf("%s was made with the matrix kernels %s, and this machine has %s: last bits may differ, and the lock stays as it is", s.path, s.old.Kernels, s.now.Kernels), nil
	}
	changes = s.old.Changes(s.now)
	if len(changes) == 0 && s.hasDocuments(documents) {
		return nil, "", nil
	}
	return changes, "", s.writeAll(documents)
}

// hasDocuments reports whether the documents beside the lock are these.
func (s *lockSession) hasDocuments(documents []byte) bool {
	if documents == nil {
		return true
	}
	is, err := os.ReadFile(lockfile.ScoresPath(s.path))
	return err == nil && evaluate.HashOf(is) == evaluate.HashOf(documents) && s.old.Scores != nil && s.old.Scores.Documents == evaluate.HashOf(documents)
}

// writeAll writes the documents, and then the lock, which pins them. Those that no lock pins any
// more are removed.
func (s *lockSession) writeAll(documents []byte) error {
	if documents == nil && s.old != nil && s.old.Scores != nil {
		if err := os.Remove(lockfile.ScoresPath(s.path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if documents != nil {
		if err := outdir.WriteFile(lockfile.ScoresPath(s.path), documents); err != nil {
			return fmt.Errorf("the scores can't be written: %w", err)
		}
	}
	return s.now.Write(s.path)
}
