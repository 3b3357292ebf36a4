package kohya

import (
	"fmt"
	"slices"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/adapter/onefile"
	"github.com/loramerge/loramerge/internal/printable"
)

// Format is that of sd-scripts.
var Format adapter.Format = format{}

type format struct{}

func (format) Name() string { return "kohya" }

func (format) Naming() string { return "kohya" }

func (format) Find(path string) (adapter.Files, bool) { return names.Find(path) }

func (f format) Open(path string, _ adapter.Options) (*adapter.Adapter, error) {
	files, _ := f.Find(path)
	var zero []adapter.Note
	opened, err := names.Open(path, f, files, func(_ adapter.Store, _ []string, alphas map[string]float64) (func(*adapter.Module) error, error) {
		zero = zeroNotes(alphas)
		return scales(alphas), nil
	})
	if err != nil {
		return nil, err
	}
	opened.Base = adapter.Base{Name: opened.Metadata()[onefile.BaseVersion]}
	opened.Notes = append(zero, opened.Notes...)
	return opened, nil
}

// scales are alpha/r; 1 of modules without an alpha, or with one of 0.
func scales(alphas map[string]float64) func(*adapter.Module) error {
	return func(m *adapter.Module) error {
		if m.Alpha = alphas[m.Name]; m.Alpha == 0 {
			m.Alpha = float64(m.Rank)
		}
		m.Scale = m.Alpha / float64(m.Rank)
		return nil
	}
}

func zeroNotes(alphas map[string]float64) []adapter.Note {
	var zero []string
	for module, alpha := range alphas {
		if alpha == 0 {
			zero = append(zero, module)
		}
	}
	if len(zero) == 0 {
		return nil
	}
	return []adapter.Note{{Page: "adapter-notes", Text: fmt.Sprintf("the alpha of %s is 0, such as that of %q; it is read as the rank, a scale of 1, as sd-scripts reads it, where other programs take it for no effect",
		printable.Count(len(zero), "module"), slices.Min(zero))}}
}

func (format) OpenStore(path string) (adapter.Store, error) { return adapter.OpenSafetensors(path) }

func (format) Names() adapter.Files { return adapter.Files{Weights: WeightsFile} }
