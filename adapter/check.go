package adapter

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/go-multierror"
	"github.com/loramerge/loramerge/internal/fault"
)

// Complete finishes modules whose tensors have been found in the file at path, sorts them by
// name, and takes convolutions in groups apart. Both halves of a pair must be there, of shapes
// that fit; scale sets its α and scale, once its rank is known. What is wrong with a module is
// a Fault each.
func Complete(path string, found []Module, scale func(*Module) error) ([]Module, error) {
	var all *multierror.Error
	modules := make([]Module, 0, len(found))
	for _, m := range found {
		if err := m.check(path, scale); err != nil {
			all = multierror.Append(all, err)
			continue
		}
		if m.Form == Whole {
			modules = append(modules, m)
			continue
		}
		modules = append(modules, m.split()...)
	}
	slices.SortFunc(modules, func(x, y Module) int { return strings.Compare(x.Name, y.Name) })
	if all != nil {
		slices.SortFunc(all.Errors, func(x, y error) int { return strings.Compare(x.Error(), y.Error()) })
	}
	return modules, all.ErrorOrNil()
}

// check finishes a module: both halves there, shapes that fit, its scale.
func (m *Module) check(path string, scale func(*Module) error) error {
	for _, tensor := range m.Tensors() {
		if tensor.Name != "" && tensor.Elements() == 0 {
			return fault.In(path, "tensor %q has the shape %v and holds nothing, as DeepSpeed's ZeRO-3 leaves a tensor that lies on other devices", tensor.Name, tensor.Shape).
				Mend("gather the weights before they are saved (stage3_gather_16bit_weights_on_model_save), and save it again")
		}
	}
	if _, row := TokenOf(m.Name); row {
		return fault.In(path, "module %q is called like a token's row", m.Name).Mend("save it again from the model that was trained")
	}
	if m.Form == Whole {
		return nil
	}
	if LayerOf(m.Name) != m.Name {
		return fault.In(path, "module %q is called like a group of a convolution", m.Name).Mend("save it again from the model that was trained")
	}
	for i, tensor := range m.Tensors() {
		if tensor.Name == "" {
			return fault.In(path, "module %q has no lora_%c", m.Name, 'A'+i).Mend("the file is incomplete; save it again")
		}
		if !tensor.DType.IsFloat() {
			return fault.In(path, "tensor %q holds %s, which can't be merged", tensor.Name, tensor.DType).Mend("save it as float32, float16 or bfloat16")
		}
	}
	if len(m.A.Shape) > 2 && m.Form == Linear {
		m.Form = Conv
	}
	if reason := m.shapeMistake(); reason != "" {
		return fault.In(path, "module %q: %s", m.Name, reason).Mend("A must be [r, in] and B [out, r]")
	}
	m.Rank = m.A.Shape[0]
	return scale(m)
}

// shapeMistake checks A [r, in, k…] against B [out, r, 1…], of a grouped convolution
// [out, r/groups, 1…].
func (m *Module) shapeMistake() string {
	a, b := m.A.Shape, m.B.Shape
	if len(a) < 2 || len(a) != len(b) || (m.Form == Embedding || m.Form == Expert) && len(a) > 2 {
		return fmt.Sprintf("A has shape %v and B %v", a, b)
	}
	if m.groups() == 0 {
		return fmt.Sprintf("A has rank %d and B rank %d", a[0], b[1])
	}
	for _, n := range b[2:] {
		if n != 1 {
			return fmt.Sprintf("B has shape %v, whose last dimensions must be 1", b)
		}
	}
	return ""
}

// Out and In are the dimensions of ΔW, a convolution's kernel folded into In.
func (m *Module) Out() int { return m.B.Shape[0] }

// In is the number of columns of A.
func (m *Module) In() int { return int(m.A.Elements()) / m.Rank }
