package run

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/loramerge/loramerge/adapter/formats"
	"github.com/loramerge/loramerge/internal/lockfile"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/stages"
)

// Outcomes foresees what a run would do with the plan's outputs. Where an output is at its place,
// files are hashed whose hashes are not remembered; otherwise nothing but headers is read.
func Outcomes(ctx context.Context, p *plan.Plan, options Options) (plan.Outcomes, error) {
	s := &lockSession{plan: p, options: options.Filled(), path: lockfile.Path(p.Recipe.File)}
	if options.Lock != LockIgnore {
		var err error
		if s.old, err = lockfile.Read(s.path); err != nil {
			return plan.Outcomes{}, err
		}
	}
	var out plan.Outcomes
	if known, err := s.hashWhereNeeded(ctx); err != nil || !known {
		for _, n := range p.Sinks() {
			out.Outputs = append(out.Outputs, plan.Outcome{Stage: n.ID, Path: n.Op.(stages.Sink).Target(), Does: plan.Creates, ReadBy: n.Op.(stages.Sink).ReadBy()})
		}
		return out, err
	}
	for _, n := range p.Sinks() {
		o, err := s.outcome(ctx, n)
		if err != nil {
			return out, err
		}
		out.Outputs = append(out.Outputs, o)
	}
	foreign := func(o plan.Outcome) bool { return o.Does == plan.Replaces }
	out.UpToDate = !slices.ContainsFunc(out.Outputs, foreign) && s.upToDate(ctx)
	if s.old != nil {
		out.Refused = texts(s.old.InputChanges(s.now))
	}
	changed := func(o plan.Outcome) bool { return o.Does != plan.Keeps }
	if !out.UpToDate && len(out.Refused) == 0 && !slices.ContainsFunc(out.Outputs, changed) {
		out.Renews = texts(s.old.Changes(s.now.WithOutputs(s.old.Outputs)))
	}
	return out, nil
}

func texts(changes []lockfile.Change) (out []string) {
	for _, c := range changes {
		out = append(out, c.What+": "+c.Text)
	}
	return out
}

// hashWhereNeeded finds the inputs' hashes and what follows from them, if they are known or an
// output is there to be compared.
func (s *lockSession) hashWhereNeeded(ctx context.Context) (bool, error) {
	inputs, known := s.plan.KnownInputs(s.options.Hashes)
	if !known {
		there := false
		for _, n := range s.plan.Sinks() {
			_, err := os.Stat(n.Op.(stages.Sink).Target())
			there = there || err == nil
		}
		if !there {
			return false, nil
		}
		var err error
		if inputs, err = s.plan.Inputs(ctx, s.options.Hashes, s.options.Jobs); err != nil {
			return false, err
		}
	}
	s.inputs, s.digests = inputs, s.plan.Digests(inputs)
	s.now = lockOf(s.plan, inputs, s.digests, s.options.Version)
	return true, nil
}

// outcome compares one output with what is at its place.
func (s *lockSession) outcome(ctx context.Context, n *plan.Node) (plan.Outcome, error) {
	o := plan.Outcome{Stage: n.ID, Path: n.Op.(stages.Sink).Target(), Does: plan.Replaces, ReadBy: n.Op.(stages.Sink).ReadBy()}
	if entries, err := os.ReadDir(o.Path); errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		o.Does = plan.Creates
		return o, nil
	}
	if stranger, err := formats.Stranger(o.Path); err != nil || stranger != "" {
		o.Note = fmt.Sprintf("it holds %s, which loramerge did not make: a run needs --force", stranger)
		if err != nil {
			o.Note = fmt.Sprintf("%v: a run needs --force", err)
		}
		return o, nil
	}
	there, err := formats.Open(o.Path)
	if err != nil {
		o.Does, o.Note = plan.Remakes, fmt.Sprintf("what is there can't be read: %v", err)
		return o, nil
	}
	defer there.Close()
	metadata := there.Metadata()
	said, _ := plan.ReadProvenance(metadata)
	if said.Plan == s.digests.Outputs[n.ID].String() {
		o.Does, o.Note = s.asMade(ctx, n)
		return o, nil
	}
	o.Does = plan.Changes
	if o.Why, err = s.plan.Since(n, said, plan.CarriedHashes(metadata), s.inputs); err != nil {
		o.Note = "a recipe in its metadata can't be read"
	} else if len(o.Why) == 0 && said.Recipe != string(s.plan.Recipe.Leading(n.Stage.Name).Canonical()) {
		o.Note = "the recipe says the same in other words, and the output carries its text"
	} else if len(o.Why) == 0 {
		o.Note = "it was made by a version of loramerge that gives other results"
	}
	return o, nil
}

// asMade is about an output that says it was made from the same recipe and inputs.
func (s *lockSession) asMade(ctx context.Context, n *plan.Node) (plan.Action, string) {
	locked, known := lockfile.Pair{}, false
	if s.old != nil {
		locked, known = s.old.Outputs[n.ID]
	}
	switch {
	case s.plan.Recipe.Given() != "":
		return plan.Remakes, "no lock pins the merge of values given with --set"
	case s.old == nil:
		return plan.Remakes, "there is no lock to say what it must hold"
	case !known:
		return plan.Remakes, "the lock does not pin it"
	case !s.isCurrent(ctx, n, locked):
		return plan.Remakes, "its files are not those that a run wrote and the lock pins"
	}
	return plan.Keeps, ""
}
