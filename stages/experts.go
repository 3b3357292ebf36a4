package stages

import (
	"fmt"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
)

const layoutRemedy = "say which release of PEFT wrote it: add `layout: peft-0.19.1` to its load, or `layout: peft-0.18` for releases before 0.19.1"

// checkLayout refuses a layout that no file needs.
func (l *load) checkLayout() error {
	needs := func(a *adapter.Adapter) bool { return a.ExpertsDeclared }
	if !keyLayout.In(l.Params) || len(l.opened) < len(l.Sources) || slices.ContainsFunc(l.opened, needs) {
		return nil
	}
	return fault.At(keyLayout.At(l.Params), "no adapter here has stacked experts whose layout is in doubt").Mend("leave it out").See("stacked-experts")
}

// checkExperts refuses adapters whose experts can't be told to belong together: stacks of which the layout
// is not known, and experts that are stacked in one adapter and separate modules in another.
func (s Spec) checkExperts(in Type) error {
	stacked := slices.DeleteFunc(slices.Clone(in.Sources), func(a *adapter.Adapter) bool { return a.Experts == adapter.NoExperts })
	if len(stacked) == 0 {
		return nil
	}
	for _, a := range stacked {
		if module, square := a.SquareExpert(); a.Experts == adapter.UnknownLayout && square && len(stacked) > 1 {
			return fault.At(s.Position, "%s does not show the layout of its stacked experts, and neither does the shape of %q, with as many inputs as outputs", a.Path, module).
				Mend(layoutRemedy).See("stacked-experts")
		}
	}
	return s.checkKinds(in)
}

func (s Spec) checkKinds(in Type) error {
	type example struct{ adapter, module string }
	holders := make(map[string]example)
	for _, member := range in.Members {
		for _, m := range member.Modules {
			if m.Form == adapter.Expert {
				layer := adapter.LayerOf(m.Name)
				holder := layer[:strings.LastIndexByte(layer, '.')]
				if _, known := holders[holder]; !known {
					holders[holder] = example{member.Name, m.Name}
				}
			}
		}
	}
	for _, member := range in.Members {
		for _, m := range member.Modules {
			holder := expertsOf(m.Name)
			if of, both := holders[holder]; both && holder != "" {
				return fault.At(s.Position, "%q has the experts of a layer as one parameter, such as %q, and %q each as a module, such as %q", of.adapter, of.module, member.Name, m.Name).
					Mend(fmt.Sprintf("load %q in PEFT 0.19 or later with transformers 5, which stacks them, and save it from there", member.Name)).See("stacked-experts")
			}
		}
	}
	return nil
}

// expertsOf is the list of experts that a separate expert's module belongs to: what comes before the last part that
// is a number, as in mlp.experts.3.gate_proj. It is empty where there is none.
func expertsOf(module string) string {
	for at := strings.LastIndexByte(module, '.'); at > 0; {
		before := strings.LastIndexByte(module[:at], '.')
		if part := module[before+1 : at]; before > 0 && part != "" && strings.Trim(part, "0123456789") == "" {
			return module[:before]
		}
		at = before
	}
	return ""
}
