package stages

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/recipe"
)

// missingParam is taken by every verb that works on adapters side by side.
var missingParam = &recipe.Param{
	Name: "missing", Type: recipe.ChoiceType{"refuse", "zero"}, Default: "refuse",
	Doc: "what a module that only some adapters have counts as in the others",
}

// align checks that adapters can be worked on side by side, and gives them one set
// of modules, that of the first where they agree. What does not fit is a Mistake
// with the line that mends it.
func (s Setting) align(in Type) (Type, error) { return s.alignBut(in, false) }

// alignBut is align that can put up with different scales, for a verb that takes
// them into its weights.
func (s Setting) alignBut(in Type, anyScale bool) (Type, error) {
	if len(in.Members) < 2 {
		return in, nil
	}
	out, err := s.alignSets(in)
	if err != nil {
		return out, err
	}
	all := multierror.Append(nil, s.checkShapes(out))
	if in.Space == Factors {
		all = multierror.Append(all, s.checkScales(out, anyScale))
	}
	return out, all.ErrorOrNil()
}

// alignSets compares the names of the modules, and with `missing: zero` fills the gaps.
func (s Setting) alignSets(in Type) (Type, error) {
	first := in.Members[0]
	if !slices.ContainsFunc(in.Members[1:], func(m Member) bool { return !sameModules(m, first) }) {
		return in, nil
	}
	examples := make(map[string]*adapter.Module)
	for _, member := range in.Members {
		for _, m := range member.Modules {
			if examples[m.Name] == nil {
				examples[m.Name] = m
			}
		}
	}
	union := in.Union()
	members := slices.Clone(in.Members)
	var all *multierror.Error
	for i, member := range in.Members {
		if len(member.Modules) == len(union) {
			continue
		}
		filled, gaps := fill(member, union, examples)
		if mistake := s.gapMistake(member, gaps); mistake != nil {
			all = multierror.Append(all, mistake)
		}
		members[i].Modules = filled
	}
	return in.like(members), all.ErrorOrNil()
}

// fill adds the modules that a member lacks, as other members have them.
func fill(member Member, union []string, examples map[string]*adapter.Module) (filled, gaps []*adapter.Module) {
	filled = make([]*adapter.Module, len(union))
	for i, name := range union {
		m, ok := member.Find(name)
		if !ok {
			m = examples[name]
			gaps = append(gaps, m)
		}
		filled[i] = m
	}
	return filled, gaps
}

func (s Setting) gapMistake(member Member, gaps []*adapter.Module) *recipe.Mistake {
	gaps = slices.DeleteFunc(gaps, (*adapter.Module).IsCopy) // the base model's own has no gap to fill
	if len(gaps) == 0 {
		return nil
	}
	at := slices.IndexFunc(gaps, func(m *adapter.Module) bool { return m.Form == adapter.Whole })
	if at >= 0 {
		return recipe.Mistakef(s.Position, fmt.Sprintf("leave it out: {select: %s, exclude: %q}", s.inputsText(), gaps[at].Name),
			"adapter %q has no %q, a whole tensor that can't be counted as zero", member.Name, gaps[at].Name).See("whole-tensors")
	}
	if s.Params.Text("missing") == "zero" {
		return nil
	}
	return recipe.Mistakef(s.Position, "add `missing: zero` to count them as zero, or keep the common ones with `select`",
		"adapter %q lacks %d modules that others have, the first %q", member.Name, len(gaps), gaps[0].Name).See("missing-modules")
}

// checkShapes compares every module with the first adapter's.
func (s Setting) checkShapes(in Type) error {
	first := in.Members[0]
	for _, member := range in.Members[1:] {
		for i, m := range member.Modules {
			if other := first.Modules[i]; m != other && !sameLayer(m, other) {
				return recipe.Mistakef(s.Position, "adapters of different layers or base models don't merge; check `base_model_name_or_path`, or leave the module out with `select`",
					"module %q is %s in %q and %s in %q", m.Name, layerText(other), first.Name, layerText(m), member.Name).See("different-shapes")
			}
		}
	}
	return nil
}

func sameLayer(x, y *adapter.Module) bool {
	if x.Form != y.Form {
		return false
	}
	if x.Form == adapter.Whole {
		return slices.Equal(x.W.Shape, y.W.Shape)
	}
	return slices.Equal(x.A.Shape[1:], y.A.Shape[1:]) && x.B.Shape[0] == y.B.Shape[0]
}

func layerText(m *adapter.Module) string {
	if m.Form == adapter.Whole {
		return fmt.Sprintf("a tensor %v", m.W.Shape)
	}
	return fmt.Sprintf("%s [out %d, in %s]", m.Form, m.Out(), strings.Trim(strings.Join(strings.Fields(fmt.Sprint(m.A.Shape[1:])), "×"), "[]"))
}

// checkScales compares rank and scale, which A and B apart do not show: mean(A) and
// mean(B) of adapters of different scale belong to no adapter at all.
func (s Setting) checkScales(in Type, anyScale bool) error {
	var all *multierror.Error
	source := s.inputsText()
	if scale := differs(in, func(m *adapter.Module) float64 { return m.Scale }); scale != nil && !anyScale {
		folded := s.written().Name + "_folded"
		all = multierror.Append(all, recipe.Mistakef(s.Position,
			fmt.Sprintf("add the stage `%s: {scale: %s, alpha: fold}` and use %s here, or merge in the space delta", folded, source, folded),
			"%s", scale.text("scale")).See("different-scales"))
		source = folded
	}
	if text := rankMistake(in); text != "" {
		padded := s.written().Name + "_padded"
		all = multierror.Append(all, recipe.Mistakef(s.Position,
			fmt.Sprintf("add the stage `%s: {rank: %s, to: %d}` and use %s here, or merge in the space delta", padded, source, maxRank(in), padded),
			"%s", text).See("different-ranks"))
	}
	return all.ErrorOrNil()
}

// rankMistake says where ranks differ, or may come to differ once a run has chosen them.
func rankMistake(in Type) string {
	if rank := differs(in, func(m *adapter.Module) float64 { return float64(m.Rank) }); rank != nil {
		return rank.text("rank")
	}
	for _, member := range in.Members {
		if i := slices.IndexFunc(member.Modules, func(m *adapter.Module) bool { return m.Open }); i >= 0 {
			return fmt.Sprintf("the rank of %q at %q is chosen during the run, and may differ from the others'", member.Name, member.Modules[i].Name)
		}
	}
	return ""
}

// difference is where two adapters' modules are not alike, and how often.
type difference struct {
	module  string
	count   int
	names   [2]string
	modules [2]*adapter.Module
}

// differs finds the first module at which a figure differs from the first adapter's.
func differs(in Type, figure func(*adapter.Module) float64) *difference {
	first := in.Members[0]
	for _, member := range in.Members[1:] {
		var found *difference
		for i, m := range member.Modules {
			other := first.Modules[i]
			if m == other || m.Form == adapter.Whole || figure(m) == figure(other) {
				continue
			}
			if found == nil {
				found = &difference{module: m.Name, names: [2]string{first.Name, member.Name}, modules: [2]*adapter.Module{other, m}}
			}
			found.count++
		}
		if found != nil {
			return found
		}
	}
	return nil
}

func (d *difference) text(what string) string {
	side := func(i int) string {
		m := d.modules[i]
		if what == "rank" {
			return fmt.Sprintf("%q has rank %d", d.names[i], m.Rank)
		}
		return fmt.Sprintf("%q has scale %.6g (alpha %.6g, rank %d)", d.names[i], m.Scale, m.Alpha, m.Rank)
	}
	return fmt.Sprintf("%s and %s at %d modules, the first %q", side(0), side(1), d.count, d.module)
}

func maxRank(in Type) int {
	most := 0
	for _, member := range in.Members {
		for _, m := range member.Modules {
			most = max(most, m.Rank)
		}
	}
	return most
}

// written is the stage as its author wrote it: of a shorthand's steps, the shorthand.
func (s Setting) written() *recipe.Stage {
	if s.Origin != nil {
		return s.Origin
	}
	return s.Stage
}

// made is what the one adapter is called that the stage makes.
func (s Setting) made() string { return s.written().Name }

// inputsText writes the inputs as they stand in the recipe.
func (s Setting) inputsText() string {
	inputs := s.written().Inputs
	names := make([]string, len(inputs))
	for i, ref := range inputs {
		names[i] = ref.String()
	}
	if len(names) == 1 {
		return names[0]
	}
	return "[" + strings.Join(names, ", ") + "]"
}

// fillGaps gives the parts that an adapter lacks zero tensors of the others' shapes.
func (s Site) fillGaps(in Value) Value {
	at := slices.IndexFunc(in, func(p Part) bool { return !p.Absent() })
	if !slices.ContainsFunc(in, func(p Part) bool { return p.Absent() }) {
		return in
	}
	out := slices.Clone(in)
	for i := range out {
		if out[i].Absent() {
			name := out[i].Adapter
			out[i] = s.mapTensors(&in[at], func(_ byte, dst, _ Matrix) { clear(dst.Data) })
			out[i].Adapter = name
		}
	}
	return out
}

// scratch is the memory that a verb needs to have adapters side by side at a module:
// zeros for the gaps, and the deltas multiplied out if it works element by element.
func (s Setting) scratch(module string, in Type, elementwise bool) int64 {
	var bytes int64
	if s.Params.Text("missing") == "zero" {
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
