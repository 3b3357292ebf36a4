package peft

import (
	"os"

	"github.com/loramerge/loramerge/adapter"
)

// Format is PEFT's.
var Format adapter.Format = format{}

type format struct{}

func (format) Name() string { return "PEFT" }

func (format) Naming() string { return adapter.ModelNaming }

// Find goes by the names of the two files: one of them is enough, so that Open can say what
// is wrong with the other.
func (format) Find(path string) (adapter.Files, bool) {
	_, err := os.Lstat(adapter.PEFTFiles(path).Weights)
	return adapter.PEFTFiles(path), err == nil
}

func (format) Open(path string, options adapter.Options) (*adapter.Adapter, error) {
	opened, err := adapter.OpenWith(path, options)
	if err != nil {
		return nil, err
	}
	opened.Format = Format
	return opened, nil
}

func (format) OpenStore(path string) (adapter.Store, error) { return adapter.OpenSafetensors(path) }

func (format) Names() adapter.Files {
	return adapter.Files{Weights: adapter.WeightsFile, Config: adapter.ConfigFile}
}

func (format) Layout(content adapter.Content) (*adapter.Layout, error) {
	return adapter.PEFTLayout(content)
}
