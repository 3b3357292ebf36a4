package stages

import (
	"fmt"
	"slices"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/printable"
	"github.com/loramerge/loramerge/recipe"
)

// missingParam is taken by every verb that works on several adapters together.
var missingParam = &recipe.Param{
	Name: string(keyMissing), Type: recipe.ChoiceType{"refuse", "zero"}, Default: "refuse",
	Doc: "how to treat a module that only some adapters have: refuse it, or count it as zero in the others",
}

// tolerance is what a verb allows to differ between its adapters, and whether it combines them
// into one, so that whole tensors are averaged.
type tolerance struct{ scales, ranks, combines bool }

// align checks that a verb can work on adapters together, and gives them one set of
// modules. What does not fit is a Fault with the line that mends it, all of them at
// once and the most fundamental first: adapters without a common module, then shapes, scales
// and ranks, and modules that only some have.
func (s Spec) align(in Type) (Type, error) { return s.alignWith(in, tolerance{}) }

// alignWith is align for a verb that allows more to differ.
func (s Spec) alignWith(in Type, allow tolerance) (Type, error) {
	if len(in.Members) < 2 {
		return in, nil
	}
	if err := s.checkExperts(in); err != nil {
		return in, err
	}
	if !s.countsZero() {
		if err := s.checkConnected(in); err != nil {
			return in, err
		}
	}
	all := multierror.Append(nil, s.checkShapes(in))
	if in.Space == Factors {
		all = multierror.Append(all, s.checkScales(in, allow))
	}
	all = multierror.Append(all, s.checkGaps(in), s.checkWhole(in, allow.combines), s.checkMeanings(in))
	return fill(in), all.ErrorOrNil()
}

// fill gives every member the modules that it lacks, as the first that has them does. No row of a
// token stands for one that is lacking.
func fill(in Type) Type {
	first := in.Members[0]
	if !slices.ContainsFunc(in.Members[1:], func(m Member) bool { return !sameModules(m, first) }) {
		return in
	}
	union := in.Union()
	members := make([]Member, len(in.Members))
	for i, member := range in.Members {
		members[i] = member.with(make([]*adapter.Module, len(union)))
	}
	for at, name := range union {
		var example *adapter.Module
		for i, m := range in.At(name) {
			if example == nil {
				example = m
			}
			members[i].Modules[at] = m
		}
		for i := range members {
			if members[i].Modules[at] == nil && !example.IsToken() {
				members[i].Modules[at] = example
			}
		}
	}
	for i, member := range members {
		members[i].Modules = slices.DeleteFunc(member.Modules, func(m *adapter.Module) bool { return m == nil })
	}
	return in.like(members)
}

// checkGaps refuses pairs that only some adapters have, unless they count as zero.
func (s Spec) checkGaps(in Type) error {
	if s.countsZero() {
		return nil
	}
	union := in.pairs()
	text, others := "", 0
	for _, member := range in.Members {
		var gaps []string
		for _, name := range union {
			if _, ok := member.Find(name); !ok {
				gaps = append(gaps, name)
			}
		}
		switch {
		case len(gaps) == 0:
		case text == "":
			text = fmt.Sprintf("adapter %q lacks %s that others have, the first %q", member.Name, printable.Count(len(gaps), "module"), gaps[0])
		default:
			others++
		}
	}
	if text == "" {
		return nil
	}
	if others > 0 {
		text += fmt.Sprintf("; %s %s some", printable.Count(others, "more adapter"), printable.Choose(others, "lacks", "lack"))
	}
	return fault.At(s.Position, "%s", text).Mend("add `missing: zero` to count them as zero, or keep the common ones with `select`").See("missing-modules")
}

// checkShapes refuses pairs of different layers.
func (s Spec) checkShapes(in Type) error {
	d := differs(in, func(x, y *adapter.Module) bool {
		return (x.Form != adapter.Whole || y.Form != adapter.Whole) && !sameLayer(x, y)
	})
	if d == nil {
		return nil
	}
	text := fmt.Sprintf("module %q is %s in %q and %s in %q", d.module, layerText(d.modules[0]), d.names[0], layerText(d.modules[1]), d.names[1])
	if d.count > 1 {
		text += fmt.Sprintf(", and %s %s", printable.Count(d.count-1, "more module"), printable.Choose(d.count-1, "differs", "differ"))
	}
	if x, y := d.modules[0], d.modules[1]; x.IsStacked() && x.In() == y.Out() && x.Out() == y.In() {
		return fault.At(s.Position, "%s: experts in the layouts of different releases of PEFT", text).
			Mend(layoutRemedy).See("stacked-experts")
	}
	return fault.At(s.Position, "%s", text).
		Mend("adapters of different layers or base models don't merge; check `base_model_name_or_path`, or leave the module out with `select`").See("different-shapes")
}

// checkScales compares rank and scale, which A and B by themselves do not show: mean(A) and
// mean(B) of adapters of different scale belong to no adapter at all.
func (s Spec) checkScales(in Type, allow tolerance) error {
	var all *multierror.Error
	source := s.inputsText()
	if scale := differs(in, unlikePairs(func(m *adapter.Module) float64 { return m.Scale })); scale != nil && !allow.scales {
		folded := s.written().Name + "_folded"
		all = multierror.Append(all, fault.At(s.Position, "%s", scale.text("scale")).
			Mend(fmt.Sprintf("add the stage `%s: {scale: %s, alpha: fold}` and use %s here, or merge in the space delta", folded, source, folded)).See("different-scales"))
		source = folded
	}
	if text := rankMistake(in); text != "" && !allow.ranks {
		padded := s.written().Name + "_padded"
		all = multierror.Append(all, fault.At(s.Position, "%s", text).
			Mend(fmt.Sprintf("add the stage `%s: {rank: %s, to: %d}` and use %s here, or merge in the space delta", padded, source, maxRank(in), padded)).See("different-ranks"))
	}
	return all.ErrorOrNil()
}

// rankMistake says where ranks differ, or may come to differ once a run has chosen them.
func rankMistake(in Type) string {
	if rank := differs(in, unlikePairs(func(m *adapter.Module) float64 { return float64(m.Rank) })); rank != nil {
		return rank.text("rank")
	}
	for _, member := range in.Members {
		if i := slices.IndexFunc(member.Modules, func(m *adapter.Module) bool { return m.RankPending }); i >= 0 {
			return fmt.Sprintf("the rank of %q at %q is chosen during the run, and may differ from the others'", member.Name, member.Modules[i].Name)
		}
	}
	return ""
}

// scratch is the memory that a verb needs to work on adapters together at a module:
// zeros for the gaps, and the deltas multiplied out if it works element by element.
func (s Spec) scratch(module string, in Type, elementwise bool) int64 {
	var bytes int64
	if s.countsZero() {
		var one, gaps int64
		for _, member := range in.Members {
			if alone := in.like([]Member{member}).Bytes(module); alone == 0 {
				gaps++
			} else if one == 0 {
				one = alone
			}
		}
		bytes = gaps * one
	}
	if elementwise {
		bytes += in.densified(module)
	}
	return bytes
}
