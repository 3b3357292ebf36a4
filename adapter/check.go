package adapter

import (
	"fmt"
	"math"

	"github.com/loramerge/loramerge/internal/fault"
)

// check finishes a module: both halves there, shapes that fit, its scale.
func (a *Adapter) check(m *Module) error {
	for _, tensor := range m.Tensors() {
		if tensor.Name != "" && tensor.Elements() == 0 {
			return fault.In(a.Store.Path(), "tensor %q has the shape %v and holds nothing, as DeepSpeed's ZeRO-3 leaves a tensor that lies on other devices", tensor.Name, tensor.Shape).
				Mend("gather the weights before they are saved (stage3_gather_16bit_weights_on_model_save), and save it again")
		}
	}
	if m.Form == Whole {
		return nil
	}
	if Groups(m.Name) > 1 {
		return fault.In(a.Store.Path(), "module %q is called like a group of a convolution", m.Name).Mend("save it again from the model that was trained")
	}
	for i, tensor := range m.Tensors() {
		if tensor.Name == "" {
			return fault.In(a.Store.Path(), "module %q has no lora_%c", m.Name, 'A'+i).Mend("the file is incomplete; save it again")
		}
		if !tensor.DType.IsFloat() {
			return fault.In(a.Store.Path(), "tensor %q holds %s, which can't be merged", tensor.Name, tensor.DType).Mend("save it as float32, float16 or bfloat16")
		}
	}
	if len(m.A.Shape) > 2 && m.Form == Linear {
		m.Form = Conv
	}
	if reason := m.shapeMistake(); reason != "" {
		return fault.In(a.Store.Path(), "module %q: %s", m.Name, reason).Mend("A must be [r, in] and B [out, r]")
	}
	m.Rank = m.A.Shape[0]
	return a.scale(m)
}

// shapeMistake checks A [r, in, k…] against B [out, r, 1…], of a grouped convolution
// [out, r/groups, 1…].
func (m *Module) shapeMistake() string {
	a, b := m.A.Shape, m.B.Shape
	if len(a) < 2 || len(a) != len(b) || m.Form == Embedding && len(a) > 2 {
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

// scale sets α and s as PEFT's LoraLayer.update_layer does: α/r, or α/√r with use_rslora.
func (a *Adapter) scale(m *Module) error {
	m.Alpha = a.Config.Alpha
	if alpha, ok := a.Config.AlphaPattern.Lookup(m.Name); ok {
		m.Alpha = alpha
	}
	m.Scale = m.Alpha / float64(m.Rank)
	if a.Config.UseRSLoRA {
		m.Scale = m.Alpha / math.Sqrt(float64(m.Rank))
	}
	if math.IsNaN(m.Scale) || math.IsInf(m.Scale, 0) || math.Abs(m.Scale) > math.MaxFloat32 {
		return fault.In(a.Path, "module %q has the scale %v", m.Name, m.Scale).Mend("correct lora_alpha in " + ConfigFile)
	}
	return nil
}

// Out and In are the dimensions of ΔW, a convolution's kernel folded into In.
func (m *Module) Out() int { return m.B.Shape[0] }

// In is the number of columns of A.
func (m *Module) In() int { return int(m.A.Elements()) / m.Rank }
