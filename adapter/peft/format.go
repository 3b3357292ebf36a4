package peft

import (
	"path/filepath"

	"github.com/loramerge/loramerge/adapter"
)

// Format is PEFT's.
var Format adapter.Format = format{}

type format struct{}

func (format) Name() string { return "PEFT" }

func (format) Naming() string { return adapter.ModelNaming }

// Find goes by the name of the weights' file. Without it Open says what is missing.
func (format) Find(path string) (adapter.Files, bool) {
	files := adapter.Files{Weights: filepath.Join(path, WeightsFile), Config: filepath.Join(path, ConfigFile)}
	return files, adapter.Exists(files.Weights)
}

func (format) Open(path string, options adapter.Options) (*adapter.Adapter, error) {
	return open(path, options)
}

func (format) OpenStore(path string) (adapter.Store, error) { return adapter.OpenSafetensors(path) }

func (format) Names() adapter.Files { return adapter.Files{Weights: WeightsFile, Config: ConfigFile} }

// Layout has A before B, module by module.
func (format) Layout(content adapter.Content) (*adapter.Layout, error) {
	config, err := MergedConfig(content.Inputs, content.Modules, content.Base).JSON()
	if err != nil {
		return nil, err
	}
	return &adapter.Layout{Names: Format.Names(), Library: "peft", Config: config, Packing: adapter.Safetensors, Stored: places(content.Modules, adapter.CommonLayout(content.Inputs))}, nil
}
