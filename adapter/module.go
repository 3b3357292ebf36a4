package adapter

import "strings"

// Module is one layer's share of an adapter, as the headers describe it.
type Module struct {
	Name        string
	Form        Form
	A, B        Tensor  // of a pair
	W           Tensor  // of a whole tensor
	Rank        int     // of a pair: A's first dimension; the groups of a convolution share its rank
	RankPending bool    // Rank is the most that it may come to be: a run has yet to choose it
	Alpha       float64 // of a pair
	Scale       float64 // of a pair: α/r, or α/√r with use_rslora
}

// Tensors gives the module's stored tensors: A and B, or W alone.
func (m *Module) Tensors() []Tensor {
	if m.Form == Whole {
		return []Tensor{m.W}
	}
	return []Tensor{m.A, m.B}
}

// IsCopy reports whether a whole tensor is the base model's own: PEFT saves that of an
// embedding whose pair it trained (save_embedding_layers), to restore a vocabulary that
// was extended.
func (m *Module) IsCopy() bool {
	return m.Form == Whole && strings.HasSuffix(m.Name, ".base_layer.weight")
}

// StoredBytes is what the module takes on disk. It follows the shapes and dtypes, which a
// stage may have changed, and not the places in a file.
func (m *Module) StoredBytes() int64 {
	if m.Form == Whole {
		return m.W.Size()
	}
	return m.A.Size() + m.B.Size()
}

// Form is what kind of layer a module changes, which decides how its tensors are
// named and shaped.
type Form uint8

const (
	Linear    Form = iota // A [r, in], B [out, r]
	Conv                  // A [r, in, k…], B [out, r, 1…]
	Embedding             // A [r, rows], B [out, r]; the layer adds (s·B·A)ᵀ
	Expert                // A [r, in], B [out, r]: one of the experts that are one parameter
	Whole                 // one tensor W that replaces the base model's
)

func (f Form) String() string {
	return [...]string{"linear", "conv", "embedding", "expert", "whole"}[f]
}
