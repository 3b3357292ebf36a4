package gen

import (
	"strings"

	"github.com/loramerge/loramerge/internal/safetensors"
)

// Spec is an adapter to make up.
type Spec struct {
	Name    string // seeds the values: adapters of different names differ in all of them
	Base    string // what it calls its base model
	Modules []Module
	Rank    int               // ≥ 1, of every module
	Alpha   int               // lora_alpha; the scale is Alpha/Rank
	DType   safetensors.DType // F32, F16 or BF16
}

// Module is a linear layer of the base model. Its pair is A [Rank, In] and
// B [Out, Rank]. If it has Experts, it is a parameter of as many matrices of that shape, with a pair
// of A [Rank·Experts, In] and B [Out, Rank·Experts].
type Module struct {
	Name    string // such as "model.layers.0.self_attn.q_proj"
	Out, In int
	Experts int
}

// key is the module's name in those of its tensors: of an experts' module PEFT wraps gate_up_proj first, then
// down_proj.
func (m Module) key() string {
	if m.Experts == 0 {
		return m.Name
	}
	if holder, first := strings.CutSuffix(m.Name, ".gate_up_proj"); first {
		return holder + ".base_layer"
	}
	return strings.TrimSuffix(m.Name, ".down_proj")
}

// tensor is one half of a pair.
type tensor struct {
	safetensors.Spec
	spread float64 // standard deviation of its values
}

// trainedB is a usual spread of B after training, which begins at 0. It is small
// beside A's and sets the size of ΔW.
const trainedB = 0.01

// tensors are the pairs of all modules, by PEFT's names.
func (s Spec) tensors() []tensor {
	var out []tensor
	for _, m := range s.Modules {
		key, rank := "base_model.model."+m.key(), s.Rank*max(1, m.Experts)
		a := safetensors.Spec{Name: key + ".lora_A.weight", DType: s.DType, Shape: []int{rank, m.In}}
		b := safetensors.Spec{Name: key + ".lora_B.weight", DType: s.DType, Shape: []int{m.Out, rank}}
		out = append(out, tensor{a, startA(m.In)}, tensor{b, trainedB})
	}
	return out
}
