package mlx

import (
	"fmt"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/printable"
)

// notes gathers what is worth knowing about an adapter.
func notes(a *adapter.Adapter, config *config) []adapter.Note {
	var notes []adapter.Note
	for _, text := range append(config.notes(), tensorNotes(a, config)...) {
		notes = append(notes, adapter.Note{Text: text, Page: "adapter-notes"})
	}
	return append(notes, a.BesideNotes()...)
}

func tensorNotes(a *adapter.Adapter, config *config) []string {
	var notes []string
	others := 0
	for i := range a.Modules {
		if a.Modules[i].Rank != config.rank {
			others++
		}
	}
	if others > 0 {
		notes = append(notes, fmt.Sprintf("%s %s another rank than %s says; the tensors' own rank is used", printable.Count(others, "module"), printable.Choose(others, "has", "have"), configFile))
	}
	if names := checkpoints(a.Folder()); len(names) > 0 {
		notes = append(notes, fmt.Sprintf("%s of the training %s next to the adapter and %s not merged, such as %s",
			printable.Count(len(names), "checkpoint"), printable.Choose(len(names), "is", "are"), printable.Choose(len(names), "is", "are"), names[0]))
	}
	return notes
}

func (c *config) notes() []string {
	var notes []string
	if c.base == nil || *c.base == "" {
		notes = append(notes, "names no base model")
	}
	if c.factor() == 0 {
		notes = append(notes, "lora_parameters.scale is 0, so that the pairs have no effect")
	}
	switch {
	case c.alpha == 0:
	case c.old:
		notes = append(notes, fmt.Sprintf("lora_parameters has an alpha, as releases of early 2024 read it: the factors are multiplied by scale·alpha/rank = %v; releases since June 2024 would take %v", c.factor(), *c.scale))
	default:
		notes = append(notes, fmt.Sprintf("lora_parameters has an alpha, which mlx_lm has not read since June 2024: the factors are multiplied by scale = %v alone", *c.scale))
	}
	for _, name := range c.unread {
		notes = append(notes, fmt.Sprintf("lora_parameters sets %q, which mlx_lm does not read", name))
	}
	return notes
}
