package run

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/lockfile"
	"github.com/loramerge/loramerge/internal/overwrite"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// LockMode says how a run deals with the recipe's lock.
type LockMode uint8

const (
	// LockKeep writes a lock where there is none, holds the inputs to the one there
	// is, and follows the recipe where that changed. On another class of matrix kernels
	// than the lock's, and with values for variables, it leaves the lock as it is.
	LockKeep LockMode = iota
	// LockFrozen refuses to run where the lock would change.
	LockFrozen
	// LockUpdate renews it.
	LockUpdate
	// LockIgnore neither reads nor writes it.
	LockIgnore
)

// holding is what a run is held to: the lock as it stands, and what it would be now.
type holding struct {
	plan    *plan.Plan
	options Options
	path    string
	old     *Lock
	now     *Lock // nil until the inputs are hashed
	inputs  []plan.Input
	names   plan.Digests
}

// hold reads the lock, and compares it with the inputs: now, if that costs nothing or
// may save all the work, else beside the work.
func hold(ctx context.Context, p *plan.Plan, options Options) (*holding, error) {
	h := &holding{plan: p, options: options, path: lockfile.Path(p.Recipe.File)}
	if options.Lock != LockIgnore {
		old, err := ReadLock(h.path)
		if err != nil && !(options.Lock == LockUpdate && h.replaceable()) {
			return nil, err
		}
		h.old = old
	}
	if given := p.Recipe.Given(); given != "" && (options.Lock == LockFrozen || options.Lock == LockUpdate) {
		return nil, fault.At(recipe.Position{File: p.Recipe.File, Line: 1, Column: 1}, "a lock pins the merge of the defaults, and the variable %q was given another value", given).
			Mend("leave --set out, or write a recipe that loads this one's stages with `set`: it has a lock of its own").See("locks")
	}
	if options.Lock == LockFrozen && h.old == nil {
		return nil, fault.At(recipe.Position{File: p.Recipe.File, Line: 1, Column: 1}, "there is no lock %s to hold the run to", h.path).
			Mend("run it once without --locked and commit the lock").See("locks")
	}
	if inputs, known := p.KnownInputs(options.Hashes); known {
		return h, h.settle(inputs)
	}
	if !h.promised() {
		return h, nil
	}
	inputs, err := p.Inputs(ctx, options.Hashes, options.Jobs)
	if err != nil {
		return nil, err
	}
	return h, h.settle(inputs)
}

// replaceable tells whether what stands where the lock belongs may be replaced by one.
func (h *holding) replaceable() bool {
	return overwrite.Rule{Force: h.plan.Force}.CheckFile(h.path, overwrite.Begins(lockfile.Is)) == nil
}

// promised tells whether every output that is to be made is there and in the lock,
// whatever it holds.
func (h *holding) promised() bool {
	for _, n := range h.plan.Sinks() {
		if h.old == nil || h.old.Outputs[n.ID].Weights == "" {
			return false
		}
		if _, err := os.Stat(filepath.Join(n.Op.(stages.Sink).Target(), adapter.WeightsFile)); err != nil {
			return false
		}
	}
	return true
}

// settle takes the inputs' hashes and refuses what the lock does not allow.
func (h *holding) settle(inputs []plan.Input) error {
	h.inputs, h.names = inputs, h.plan.Digests(inputs)
	h.now = lock(h.plan, inputs, h.names, h.options.Version)
	if h.old == nil || h.options.Lock == LockUpdate {
		return nil
	}
	changes := h.old.inputChanges(h.now)
	if h.options.Lock == LockFrozen {
		changes = h.old.Changes(h.now.promising(h.old.Outputs))
	}
	if len(changes) == 0 {
		return nil
	}
	var all *multierror.Error
	place := lockPlaces(h.path, h.old.source)
	for _, c := range changes {
		m := fault.At(place(c.keys...), "%s: %s", c.What, c.Text).Mend(c.remedy).See("locks")
		if c.keys[0] == "inputs" { // which the plan's digest follows
			m = m.Foremost()
		}
		all = multierror.Append(all, m)
	}
	return all.ErrorOrNil()
}

// fulfilled tells whether the outputs that the lock names stand as they should, so
// that there is nothing to do.
func (h *holding) fulfilled(ctx context.Context) bool {
	if h.old == nil || h.now == nil || h.options.Lock == LockUpdate || h.plan.Recipe.Given() != "" {
		return false
	}
	if len(h.old.Changes(h.now.promising(h.old.Outputs))) > 0 && !h.otherKernels() {
		return false
	}
	for _, n := range h.plan.Sinks() {
		locked, known := h.old.Outputs[n.ID]
		if !known || !h.stands(ctx, n, locked) {
			return false
		}
	}
	return true
}

// otherKernels tells whether the lock is one of the same plan and inputs on another class of
// matrix kernels, which may give other last bits.
func (h *holding) otherKernels() bool {
	if h.old == nil || h.old.Kernels == "" || h.now.Kernels == "" || h.old.Kernels == h.now.Kernels {
		return false
	}
	here := *h.old
	here.Kernels = h.now.Kernels
	return len(here.Changes(h.now.promising(h.old.Outputs))) == 0
}

// stands tells whether a folder holds what a run would write: the two files that the lock
// pins, those that are carried, the recipe, in whatever words, and a card.
func (h *holding) stands(ctx context.Context, n *plan.Node, locked LockedPair) bool {
	folder := n.Op.(stages.Sink).Target()
	pinned := map[string]string{adapter.WeightsFile: locked.Weights, adapter.ConfigFile: locked.Config}
	for _, c := range n.Carries {
		pinned[c.Name] = c.Hash(h.inputs).String()
	}
	for file, want := range pinned {
		got, err := h.options.Hashes.Hash(ctx, filepath.Join(folder, file))
		if err != nil || got.String() != want {
			return false
		}
	}
	if info, err := os.Lstat(filepath.Join(folder, adapter.CardFile)); err != nil || !info.Mode().IsRegular() {
		return false
	}
	beside, err := readBeside(folder, n.Stage.Name)
	return err == nil && beside == string(h.plan.Recipe.Leading(n.Stage.Name).Canonical())
}

// produced notes an output that is complete but not in place yet, and refuses one
// that differs from what the lock says the same plan gives.
func (h *holding) produced(n *plan.Node, weights, config digest.Digest) error {
	pair := LockedPair{plan.RecipePath(n), weights.String(), config.String()}
	h.now.Outputs[n.ID] = pair
	if h.old == nil || h.options.Lock == LockUpdate || h.old.Digest != h.now.Digest || h.old.Plan != h.now.Plan || h.old.Kernels != h.now.Kernels {
		return nil
	}
	locked, known := h.old.Outputs[n.ID]
	if !known && h.options.Lock == LockFrozen {
		return fault.At(lockPlaces(h.path, h.old.source)("outputs"), "the lock pins no output of stage %q", n.ID).
			Mend("run it once without --locked and commit the lock").See("locks")
	}
	if known && locked != pair {
		what, is, was := "weights", pair.Weights, locked.Weights
		if is == was {
			what, is, was = "configuration", pair.Config, locked.Config
		}
		return fmt.Errorf("stage %q: the same plan and inputs gave other bytes than %s pins: %s %s instead of %s (the lock is of loramerge %s, and this is %s); please report it, and see `loramerge verify`",
			n.ID, h.path, what, is, was, cmp.Or(h.old.Tool, "nothing"), cmp.Or(h.options.Version, "nothing"))
	}
	return nil
}

// keep writes the lock where it changed, and tells how, or why it stays as it is.
func (h *holding) keep() (changes []Change, kept string, err error) {
	if h.options.Lock == LockIgnore || h.options.Lock == LockFrozen {
		return nil, "", nil
	}
	if h.plan.Recipe.Given() != "" {
		if h.old == nil {
			return nil, "", nil
		}
		return nil, fmt.Sprintf("%s pins the merge of the defaults, and stays as it is", h.path), nil
	}
	if h.old == nil {
		return nil, "", h.now.Write(h.path)
	}
	if h.options.Lock != LockUpdate && h.otherKernels() {
		return nil, fmt.Sprintf("%s was made with the matrix kernels %s, and this machine has %s: last bits may differ, and the lock stays as it is", h.path, h.old.Kernels, h.now.Kernels), nil
	}
	changes = h.old.Changes(h.now)
	if len(changes) == 0 {
		return nil, "", nil
	}
	return changes, "", h.now.Write(h.path)
}
