package peft

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/jsonobject"
)

// findLayout finds out how the factors of stacked experts lie. What shows it:
//
//   - a module's shapes, if gate_up_proj [experts, 2·width, hidden] and down_proj [experts, hidden, width] are both there;
//   - peft_version, written since 0.18.0. From 0.19.1 on A has the inputs; in 0.19.0 the outputs. Before, A has the last
//     dimension but one of the parameter: the outputs where a model stores [experts, out, in] (Mixtral, Qwen), the
//     inputs where it stores [experts, in, out] (gpt-oss, Llama 4).
func (a *reader) findLayout(stacks []*stackedPair, declared adapter.ExpertLayout) error {
	if !slices.ContainsFunc(stacks, func(s *stackedPair) bool { return s.many > 1 }) {
		return nil
	}
	byShape, shown, err := a.layoutByShapes(stacks)
	if err != nil {
		return err
	}
	release, _ := jsonobject.Value(a.config.Raw["peft_version"]).(string)
	byRelease, certain := layoutOfRelease(release)
	switch {
	case shown && certain && byShape != byRelease:
		return fault.In(a.Path, "its stacked experts have the shapes of the layout %s, and peft_version is %s, which writes %s", byShape, release, byRelease).
			Mend("correct or remove peft_version in " + ConfigFile).See("stacked-experts")
	case shown:
		a.SetExperts(byShape, true)
	case certain:
		a.SetExperts(byRelease, true)
	case declared != adapter.NoExperts:
		a.SetExperts(declared, true)
		a.ExpertsDeclared = true
	default:
		a.SetExperts(byRelease, false)
		a.assumes(release)
	}
	return nil
}

// assumes notes that the layout is not certain.
func (a *reader) assumes(release string) {
	text, remedy := "does not show the layout of its stacked experts, which are taken as they are stored",
		"if you know which release of PEFT wrote it, add `layout: peft-0.18` or `layout: peft-0.19.1` to the load"
	if a.Experts == adapter.OutputsInA {
		text = fmt.Sprintf("its stacked experts are taken to lie as PEFT %s writes them for models such as Mixtral and Qwen", release)
		remedy = "if the model stores its experts as [experts, in, out], as gpt-oss and Llama 4 do, add `layout: peft-0.19.1` to the load"
	}
	a.Notes = append(a.Notes, adapter.Note{Text: text, Remedy: remedy, Page: "stacked-experts"})
}

// layoutByShapes compares gate_up_proj and down_proj of one module.
func (a *reader) layoutByShapes(stacks []*stackedPair) (layout adapter.ExpertLayout, shown bool, err error) {
	byName := make(map[string]*stackedPair)
	for _, s := range stacks {
		byName[s.Name] = s
	}
	var first *stackedPair
	for _, gateUp := range stacks {
		down := byName[gateUp.holder+".down_proj"]
		if !strings.HasSuffix(gateUp.Name, ".gate_up_proj") || down == nil {
			continue
		}
		var found adapter.ExpertLayout
		switch {
		case gateUp.in() == down.out() && gateUp.out() == 2*down.in():
			found = adapter.InputsInA
		case gateUp.out() == down.in() && gateUp.in() == 2*down.out():
			found = adapter.OutputsInA
		default:
			continue
		}
		if first != nil && found != layout {
			return layout, true, fault.In(a.Store.Path(), "%q and %q have experts in different layouts", first.Name, gateUp.Name).
				Mend("save it again with one release of PEFT").See("stacked-experts")
		}
		first, layout, shown = gateUp, found, true
	}
	return layout, shown, nil
}

var releaseForm = regexp.MustCompile(`^(\d{1,4})\.(\d{1,4})\.(\d{1,4})(.*)$`)

// layoutOfRelease is what a release of PEFT writes; certain if it does so for all models. Versions under development
// between 0.18.1 and 0.19.1 show nothing.
func layoutOfRelease(release string) (layout adapter.ExpertLayout, certain bool) {
	parts := releaseForm.FindStringSubmatch(release)
	if parts == nil {
		return adapter.UnknownLayout, false
	}
	var number int
	for _, part := range parts[1:4] {
		n, _ := strconv.Atoi(part)
		number = number*10_000 + n
	}
	const swap, corrected = 19 * 10_000, 19*10_000 + 1
	released := parts[4] == "" || strings.HasPrefix(parts[4], ".post")
	switch {
	case number > corrected, number == corrected && released:
		return adapter.InputsInA, true
	case number == swap && released:
		return adapter.OutputsInA, true
	case number < swap && (released || number <= 18*10_000+1):
		return adapter.OutputsInA, false
	}
	return adapter.UnknownLayout, false
}
