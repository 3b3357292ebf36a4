package adapter

import (
	"path/filepath"

	"github.com/loramerge/loramerge/internal/safetensors"
)

// PEFTLayout is a folder as PEFT writes it: A before B, module by module.
func PEFTLayout(content Content) (*Layout, error) {
	config, err := MergedConfig(content.Inputs, content.Modules, content.Base).JSON()
	if err != nil {
		return nil, err
	}
	return &Layout{Names: Files{WeightsFile, ConfigFile}, Config: config, Packing: Safetensors, Stored: peftPlaces(content.Modules)}, nil
}

func peftPlaces(modules []*Module) []Place {
	places := make([]Place, 0, 2*len(modules))
	for _, m := range Layers(modules) {
		names := tensorNames(m.Name, m.Form)
		for i, tensor := range m.Tensors() {
			places = append(places, Place{Spec: safetensors.Spec{Name: names[i], DType: tensor.DType, Shape: tensor.Shape}, Module: m, Index: i})
		}
	}
	return places
}

// PEFTFiles are those of a folder as PEFT writes it.
func PEFTFiles(folder string) Files {
	return Files{Weights: filepath.Join(folder, WeightsFile), Config: filepath.Join(folder, ConfigFile)}
}
