package peft

import (
	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/safetensors"
)

func places(modules []*adapter.Module, experts adapter.ExpertLayout) []adapter.Place {
	layers := adapter.Layers(modules)
	keys, all := parameterKeys(layers), make([]adapter.Place, 0, 2*len(layers))
	for _, m := range layers {
		if m.IsToken() {
			continue
		}
		name := m.Name
		if m.Form == adapter.Expert {
			name = keys[m.Name]
		}
		names := tensorNames(name, m.Form)
		if m.Form == adapter.Expert && m.A.Shape[0] > m.Rank {
			all = append(all, stackPlaces(m, names, experts)...)
			continue
		}
		for i, tensor := range m.Tensors() {
			all = append(all, adapter.Place{Spec: safetensors.Spec{Name: names[i], DType: tensor.DType, Shape: tensor.Shape}, Module: m, Index: i})
		}
	}
	return append(all, adapter.TokenPlaces(layers, func(layer string) string { return prefix + layer + tokensSuffix })...)
}

// stackPlaces are those of a stack of experts.
func stackPlaces(m *adapter.Module, names []string, layout adapter.ExpertLayout) []adapter.Place {
	spec := func(name string, dtype adapter.DType, rows, columns int) safetensors.Spec {
		return safetensors.Spec{Name: name, DType: dtype, Shape: []int{rows, columns}}
	}
	all, in, out := m.A.Shape[0], m.A.Shape[1], m.B.Shape[0]
	if layout != adapter.OutputsInA {
		return []adapter.Place{
			{Spec: spec(names[0], m.A.DType, all, in), Module: m, Index: 0},
			{Spec: spec(names[1], m.B.DType, out, all), Module: m, Index: 1, TakeTurns: true},
		}
	}
	return []adapter.Place{
		{Spec: spec(names[0], m.B.DType, all, out), Module: m, Index: 1, Arrange: transposer(out)},
		{Spec: spec(names[1], m.A.DType, in, all), Module: m, Index: 0, Arrange: transposer(m.Rank), TakeTurns: true},
	}
}

// transposer transposes matrices of so many rows.
func transposer(rows int) func(x []float32) []float32 {
	return func(x []float32) []float32 {
		columns := len(x) / rows
		out := make([]float32, len(x))
		for i := range rows {
			for j := range columns {
				out[j*rows+i] = x[i*columns+j]
			}
		}
		return out
	}
}
