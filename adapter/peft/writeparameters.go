package peft

import (
	"slices"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/jsonobject"
)

// readsExperts is the release of PEFT that reads a layout of stacked experts: the first for one, the last
// for the other.
var readsExperts = map[adapter.ExpertLayout]string{adapter.InputsInA: "0.19.1", adapter.OutputsInA: "0.18.1"}

// setParameters names the parameters whose pairs are held, and the release in whose layout they are.
func (c *OutConfig) setParameters(inputs []*adapter.Adapter, modules []*adapter.Module) {
	if !slices.ContainsFunc(modules, func(m *adapter.Module) bool { return m.Form == adapter.Expert }) {
		return
	}
	c.TargetParameters = targetParameters(inputs, modules)
	if c.TargetModules == nil {
		c.TargetModules = []string{} // null would let PEFT choose
	}
	layout := adapter.CommonLayout(inputs)
	c.PEFTVersion = readsExperts[layout]
	release, _ := jsonobject.Value(agreed(inputs, "peft_version")).(string)
	if written, _ := layoutOfRelease(release); written == layout {
		c.PEFTVersion = release
	}
}

// ReadBy says which releases of PEFT read the stacked experts of an output.
func ReadBy(inputs []*adapter.Adapter, modules []*adapter.Module) string {
	if !slices.ContainsFunc(modules, (*adapter.Module).IsStacked) {
		return ""
	}
	switch adapter.CommonLayout(inputs) {
	case adapter.InputsInA:
		return "PEFT 0.19.1 and later releases read its stacked experts"
	case adapter.OutputsInA:
		return "releases of PEFT before 0.19.1 read its stacked experts, as they do those of its inputs; later ones do not"
	}
	return "its stacked experts are for the release of PEFT that wrote its inputs"
}
