package kohya

import (
	"slices"
	"strconv"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/adapter/onefile"
	"github.com/loramerge/loramerge/internal/safetensors"
)

// Layout is one file, which says everything: the alphas first, so that no float32 begins in the
// middle of four bytes, and then the pairs.
func (f format) Layout(content adapter.Content) (*adapter.Layout, error) {
	modules := adapter.Layers(content.Modules)
	layout := &adapter.Layout{Names: f.Names(), Library: onefile.Library, Packing: adapter.Safetensors, Metadata: metadata(content, modules)}
	for _, m := range modules {
		layout.Stored = append(layout.Stored, adapter.Place{
			Spec: safetensors.Spec{Name: m.Name + alpha, DType: adapter.F32, Shape: []int{}}, Constant: []float32{scaled(m)}})
	}
	for _, m := range modules {
		for i, name := range []string{m.Name + down, m.Name + up} {
			tensor := m.Tensors()[i]
			place := adapter.Place{Spec: safetensors.Spec{Name: name, DType: tensor.DType, Shape: tensor.Shape}, Module: m, Index: i}
			if i == 1 && m.Scale == 0 {
				place.Arrange = zeros
			}
			layout.Stored = append(layout.Stored, place)
		}
	}
	return layout, nil
}

// scaled is the alpha that is written. One of 0 would be read as a scale of 1, so a module without
// effect has zeros for lora_up.
func scaled(m *adapter.Module) float32 {
	if m.Scale == 0 {
		return float32(m.Rank)
	}
	return onefile.AlphaOf(m)
}

func zeros(x []float32) []float32 { return make([]float32, len(x)) }

// dynamic is what resize_lora.py of sd-scripts writes where modules differ.
const dynamic = "Dynamic"

// metadata are those of Metadata, and the rank and alpha of the modules.
func metadata(content adapter.Content, modules []*adapter.Module) map[string]string {
	out := onefile.Metadata(content)
	var ranks, alphas []string
	for _, m := range modules {
		ranks = append(ranks, strconv.Itoa(m.Rank))
		alphas = append(alphas, strconv.FormatFloat(float64(scaled(m)), 'g', -1, 32))
	}
	out["ss_network_dim"], out["ss_network_alpha"] = common(ranks), common(alphas)
	return out
}

// common is the value of all, or Dynamic.
func common(values []string) string {
	if slices.ContainsFunc(values, func(v string) bool { return v != values[0] }) {
		return dynamic
	}
	return values[0]
}
