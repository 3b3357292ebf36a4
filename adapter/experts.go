package adapter

import (
	"cmp"
	"slices"
	"strings"
)

// ExpertLayout is how the factors of stacked experts lie in a file. In memory A has the inputs and B the
// outputs of a layer, as everywhere.
type ExpertLayout string

// Which of the two a file has depends on the release of PEFT that wrote it, and up to 0.18.1 on the model too.
const (
	// NoExperts is that of an adapter without such stacks.
	NoExperts ExpertLayout = ""
	// InputsInA is what PEFT writes from 0.19.1 on.
	InputsInA ExpertLayout = "peft-0.19.1"
	// OutputsInA is what earlier releases write: A and B are factors of ΔWᵀ.
	OutputsInA ExpertLayout = "peft-0.18"
	// UnknownLayout is that of a file that does not show its own. It is taken as it is stored.
	UnknownLayout ExpertLayout = "unknown"
)

// ExpertLayouts are the words for layouts that a file can have.
func ExpertLayouts() []string { return []string{string(InputsInA), string(OutputsInA)} }

// MostExperts bounds how many modules a small file can ask for: the largest mixtures have less than a
// hundred thousand experts.
const MostExperts = 1 << 18

// Transposed is the transpose of a matrix.
func (t Tensor) Transposed() Tensor {
	const mark = " transposed"
	rows, columns := t.Shape[0], t.Shape[1]
	if t.order() == (Order{Row: 1, Column: rows}) { // it is one, of a matrix stored row by row
		t.Name, t.Shape, t.laid = strings.TrimSuffix(t.Name, mark), []int{columns, rows}, &laid{turn: t.turn()}
		return t
	}
	return t.Reordered(t.Name+mark, []int{columns, rows}, Order{Row: 1, Column: columns})
}

// transpose makes a pair of ΔW one of ΔWᵀ = Aᵀ·Bᵀ.
func (m *Module) transpose() { m.A, m.B = m.B.Transposed(), m.A.Transposed() }

// IsStacked reports whether a module is one of several experts that are one parameter.
func (m *Module) IsStacked() bool { return m.Form == Expert && LayerOf(m.Name) != m.Name }

// SetExperts says in which layout an adapter's stacked experts are, and whether that is certain.
func (a *Adapter) SetExperts(layout ExpertLayout, certain bool) {
	swaps := (layout == OutputsInA) != (a.Experts == OutputsInA)
	a.Experts, a.ExpertsCertain = layout, certain
	a.Notes = slices.DeleteFunc(a.Notes, func(n Note) bool { return n.Page == "stacked-experts" })
	if !swaps {
		return
	}
	for i := range a.Modules {
		if m := &a.Modules[i]; m.IsStacked() {
			m.transpose()
		}
	}
}

// Experts finds out the layouts that adapters do not show for certain by themselves, where another does that
// has the same module, of a shape that is that of one layout only.
func Experts(all []*Adapter) {
	for _, a := range all {
		for _, other := range all {
			if a.Experts == NoExperts || a.ExpertsCertain || !other.ExpertsCertain {
				continue
			}
			if layout := a.expertsBeside(other); layout != UnknownLayout {
				a.SetExperts(layout, true)
			}
		}
	}
}

func (a *Adapter) expertsBeside(other *Adapter) ExpertLayout {
	for i := range a.Modules {
		m := &a.Modules[i]
		known, both := other.Find(m.Name)
		if !both || !m.IsStacked() || m.In() == m.Out() {
			continue
		}
		same, swapped := m.In() == known.In() && m.Out() == known.Out(), m.In() == known.Out() && m.Out() == known.In()
		switch outputsInA := a.Experts == OutputsInA; {
		case same && outputsInA, swapped && !outputsInA:
			return OutputsInA
		case same, swapped:
			return InputsInA
		}
	}
	return UnknownLayout
}

// SquareExpert names a module of which shapes never show the layout.
func (a *Adapter) SquareExpert() (string, bool) {
	i := slices.IndexFunc(a.Modules, func(m Module) bool { return m.IsStacked() && m.In() == m.Out() })
	return a.Modules[max(i, 0)].Name, i >= 0
}

// CommonLayout is the one in which what was made of inputs is stored: theirs, or of different
// ones the newest.
func CommonLayout(inputs []*Adapter) ExpertLayout {
	common := NoExperts
	for _, input := range inputs {
		switch known := input.Experts != NoExperts && input.Experts != UnknownLayout; {
		case known && common != NoExperts && common != UnknownLayout && common != input.Experts:
			return InputsInA
		case known:
			common = input.Experts
		default:
			common = cmp.Or(common, input.Experts)
		}
	}
	return common
}
