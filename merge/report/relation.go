package report

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/internal/reportpage"
	"github.com/loramerge/loramerge/merge/relate"
	"github.com/loramerge/loramerge/merge/run"
)

// Report is what a merge did to its adapters, and how these relate to each other.
type Report struct {
	*reportpage.Data
	// Relation is that of the adapters over all their modules, before the merge; nil of a single one.
	Relation *relate.Relation `json:"relation"`
}

// relate finds out whether the adapters were fit to be merged.
func (r *reporting) relate(ctx context.Context) (*relate.Relation, error) {
	if len(r.inputs) < 2 {
		return nil, nil
	}
	var adapters []relate.Opened
	for _, in := range r.inputs {
		adapters = append(adapters, relate.Opened{Adapter: in.Opened, Name: in.Label, Given: filepath.ToSlash(in.Path), Load: relate.Load{Stage: in.Node.ID, Name: in.Name, Params: in.Node.Params.Unpinned()}})
	}
	options := relate.Options{Memory: r.options.Memory, Jobs: r.options.Jobs, Base: r.plan.Recipe.Base, Merged: true}
	if report := r.options.Progress; report != nil {
		options.Progress = func(modules, all int, bytes, allBytes int64) {
			report(run.Progress{Surveying: true, Modules: modules, AllModules: all, Bytes: bytes, AllBytes: allBytes})
		}
	}
	found, err := relate.Among(ctx, adapters, options)
	if err != nil {
		return nil, err
	}
	if sample := found.SampleText(); sample != "" {
		r.note("the adapters before the merge: %s", strings.ToLower(sample[:1])+strings.TrimSuffix(sample[1:], "."))
	}
	found.Findings = slices.DeleteFunc(found.Findings, func(f relate.Finding) bool {
		// What is copied beside the merge, and the task that it names, its save has settled.
		return f.About == relate.Files || f.About == relate.Task && r.merged.Task != ""
	})
	return found, nil
}

// Write draws the page of one merge or of several. What several have in common of their adapters is drawn once.
func Write(w io.Writer, reports ...*Report) error {
	var merges []*reportpage.Data
	drawn := make(map[string]*reportpage.Relation) // by JSON: two of the same adapters are the same
	for _, r := range reports {
		data := *r.Data
		if r.Relation != nil {
			var text bytes.Buffer
			if err := json.NewEncoder(&text).Encode(r.Relation); err != nil {
				return err
			}
			if drawn[text.String()] == nil {
				drawn[text.String()] = r.Relation.Inputs()
			}
			data.Before = drawn[text.String()]
		}
		merges = append(merges, &data)
	}
	return reportpage.Write(w, merges...)
}
