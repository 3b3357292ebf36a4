package diffusers

import (
	"fmt"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/printable"
)

// Format is that of diffusers.
var Format adapter.Format = format{}

type format struct{}

func (format) Name() string { return "diffusers" }

func (format) Naming() string { return "diffusers" }

func (format) Find(path string) (adapter.Files, bool) { return names.Find(path) }

func (f format) Open(path string, options adapter.Options) (*adapter.Adapter, error) {
	files, _ := f.Find(path)
	var said *scaling
	opened, err := names.Open(path, f, files, func(store adapter.Store, modules []string, alphas map[string]float64) (func(*adapter.Module) error, error) {
		var err error
		if said, err = scalingOf(store, modules, alphas, options); err != nil {
			return nil, err
		}
		return said.scale, nil
	})
	if err != nil {
		return nil, err
	}
	opened.Own, opened.Base = said, said.base()
	for _, component := range said.silent {
		opened.Notes = append(opened.Notes, adapter.Note{Page: "adapter-notes", Text: fmt.Sprintf("%s says nothing of %q, whose scale is taken for 1", metadataKey, component)})
	}
	if wrong := said.otherRanks(opened.Modules); wrong > 0 {
		opened.Notes = append(opened.Notes, adapter.Note{Page: "adapter-notes", Text: fmt.Sprintf("%s %s another rank than %s says; the tensors' own rank is used, and diffusers does not load the file",
			printable.Count(wrong, "module"), printable.Choose(wrong, "has", "have"), metadataKey)})
	}
	return opened, nil
}

func (format) OpenStore(path string) (adapter.Store, error) { return adapter.OpenSafetensors(path) }

func (format) Names() adapter.Files { return adapter.Files{Weights: WeightsFile} }
