package kohya

import (
	"fmt"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/adapter/onefile"
	"github.com/loramerge/loramerge/internal/printable"
)

// Format is that of sd-scripts.
var Format adapter.Format = format{}

type format struct{}

// WeightsFile is the file that is written.
const WeightsFile = "lora.safetensors"

func (format) Name() string { return "kohya" }

func (format) Naming() string { return "kohya" }

func (format) Find(path string) (adapter.Files, bool) { return onefile.Find(path, ours) }

func (f format) Open(path string, _ adapter.Options) (*adapter.Adapter, error) {
	files, _ := f.Find(path)
	opened, err := names.Open(path, f, files)
	if err != nil {
		return nil, err
	}
	describe(opened)
	return opened.Adapter, nil
}

// describe gives the modules their scales, and the adapter what its metadata say.
func describe(f *onefile.File) {
	var zero []string
	for i := range f.Modules {
		m := &f.Modules[i]
		m.Alpha = f.Alphas[m.Name]
		if _, stored := f.Alphas[m.Name]; stored && m.Alpha == 0 {
			zero = append(zero, m.Name)
		}
		if m.Alpha == 0 {
			m.Alpha = float64(m.Rank)
		}
		m.Scale = m.Alpha / float64(m.Rank)
	}
	if base := f.Metadata()[onefile.BaseVersion]; base != "" {
		f.Config.Base = &base
	}
	f.Note()
	if len(zero) > 0 {
		f.Notes = append(f.Notes, adapter.Note{Page: "adapter-notes", Text: fmt.Sprintf("the alpha of %s is 0, such as that of %q; it is read as the rank, a scale of 1, as sd-scripts reads it, where other programs take it for no effect",
			printable.Count(len(zero), "module"), zero[0])})
	}
}

func (format) OpenStore(path string) (adapter.Store, error) { return adapter.OpenSafetensors(path) }

func (format) Names() adapter.Files { return adapter.Files{Weights: WeightsFile} }
