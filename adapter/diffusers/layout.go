package diffusers

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/adapter/onefile"
	"github.com/loramerge/loramerge/adapter/peft"
	"github.com/loramerge/loramerge/internal/safetensors"
)

// Layout is one file: alphas, if its scales are told by them, and the pairs.
func (f format) Layout(content adapter.Content) (*adapter.Layout, error) {
	modules := adapter.Layers(content.Modules)
	layout := &adapter.Layout{Names: f.Names(), Library: onefile.Library, Packing: adapter.Safetensors, Metadata: onefile.Metadata(content)}
	switch {
	case byAlphas(content.Inputs, modules):
		for _, m := range modules {
			layout.Stored = append(layout.Stored, adapter.Place{Constant: []float32{onefile.AlphaOf(m)},
				Spec: safetensors.Spec{Name: m.Name + ".alpha", DType: adapter.F32, Shape: []int{}}})
		}
	case needMetadata(modules):
		layout.Metadata[metadataKey] = metadata(content.Inputs, modules)
	}
	for _, m := range modules {
		for i, name := range []string{m.Name + ".lora_A.weight", m.Name + ".lora_B.weight"} {
			tensor := m.Tensors()[i]
			layout.Stored = append(layout.Stored, adapter.Place{Module: m, Index: i, Spec: safetensors.Spec{Name: name, DType: tensor.DType, Shape: tensor.Shape}})
		}
	}
	return layout, nil
}

// byAlphas reports whether scales are told by tensors: where an input does so, or the names are
// those of programs that know no other way.
func byAlphas(inputs []*adapter.Adapter, modules []*adapter.Module) bool {
	others := slices.ContainsFunc(modules, func(m *adapter.Module) bool { return m.Scale != 1 && strings.HasPrefix(m.Name, "diffusion_model.") })
	return others || slices.ContainsFunc(inputs, func(a *adapter.Adapter) bool {
		said, ours := a.Own.(*scaling)
		return ours && len(said.alphas) > 0
	})
}

// needMetadata reports whether a reader that goes by the tensors alone would take other scales:
// releases before August 2026 also where ranks differ, by the alpha of the first.
func needMetadata(modules []*adapter.Module) bool {
	return slices.ContainsFunc(modules, func(m *adapter.Module) bool { return m.Scale != 1 || m.Rank != modules[0].Rank })
}

// metadata is the text of a LoraConfig for every component, as json.dumps(…, indent=2,
// sort_keys=True) writes it (loaders/lora_base.py).
func metadata(inputs []*adapter.Adapter, modules []*adapter.Module) string {
	names := &scaling{components: make(map[string]bool)}
	for _, input := range inputs {
		if said, ours := input.Own.(*scaling); ours {
			maps.Copy(names.components, said.components)
		}
	}
	parts := make(map[string][]*adapter.Module)
	for _, m := range modules {
		component, name := names.split(m.Name)
		inside := *m
		inside.Name = name
		parts[component] = append(parts[component], &inside)
	}
	fields := make(map[string]json.RawMessage)
	for _, component := range slices.Sorted(maps.Keys(parts)) {
		for name, value := range peft.PartFields(parts[component]) {
			fields[strings.TrimPrefix(component+"."+name, ".")] = value
		}
	}
	var out bytes.Buffer
	if err := json.Indent(&out, object(fields), "", "  "); err != nil {
		panic(err) // of what was just written
	}
	return out.String()
}
