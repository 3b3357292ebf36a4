package merge

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/overwrite"
	"github.com/loramerge/loramerge/internal/report"
)

// ReportOptions are those of the run that retraces the merge, and what is known of the
// run that made the output.
type ReportOptions struct {
	RunOptions
	Ran []StageStats // nil if not at hand
	// Check is called with what the page may not be written over, before the work; nil for no
	// page.
	Check func(kept []overwrite.Kept) error
}

// reporting is one report under way.
type reporting struct {
	proof   *proof
	plan    *Plan
	sink    *Node
	inputs  []reportInput
	merged  *adapter.Adapter
	options ReportOptions
	data    *report.Data
}

// Report finds out what the merge that made the folder out did to its adapters. The
// merged ΔW is the folder's own, what lay between is computed again from the recipe
// inside it as far as a figure needs it. from is the folder that the recipe's paths
// are relative to; empty for where the output says the recipe lay.
func Report(ctx context.Context, out, from string, options ReportOptions) (*report.Data, error) {
	p, err := openProof(out, from)
	if err != nil {
		return nil, err
	}
	defer p.out.Close()
	plan, err := p.plan()
	if err != nil {
		return nil, err
	}
	defer plan.Close()
	if options.Check != nil {
		if err := options.Check(append(plan.Kept(), overwrite.Kept{Path: out, What: "the output", Closed: true})); err != nil {
			return nil, err
		}
	}
	options.RunOptions = options.filled()
	if err := plan.Fits(options.RunOptions); err != nil {
		return nil, err
	}
	r := &reporting{proof: p, plan: plan, sink: plan.sinks()[0], merged: p.out, options: options}
	r.inputs = reportInputs(r.sink)
	r.begin(out)
	for _, step := range []func(context.Context) error{r.checkInputs, r.measure, r.retrace} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return r.data, nil
}

// begin sets down what needs no tensors.
func (r *reporting) begin(out string) {
	r.data = &report.Data{
		Title: r.plan.title(r.sink), Output: filepath.ToSlash(filepath.Clean(out)), Stage: r.sink.Name, Version: r.options.Version,
		Base: r.plan.base(r.sink).String(), Recipe: r.plan.texts(), Graph: reportGraph(r.sink, r.options.Ran),
		Losses: []report.Loss{}, Notes: []string{},
	}
	for _, in := range r.inputs {
		r.data.Adapters = append(r.data.Adapters, report.Adapter{Name: in.label, Path: filepath.ToSlash(in.path)})
	}
	for _, n := range r.plan.notes(r.sink.upstream()) {
		if !n.Local {
			r.note("%s", n.text())
		}
	}
}

// texts are the recipe and those that it loads.
func (p *Plan) texts() string {
	var b strings.Builder
	b.Write(p.Recipe.Source)
	for _, in := range p.included {
		fmt.Fprintf(&b, "\n# %s, of which it loads stages:\n%s", in.label(), in.Source)
	}
	return b.String()
}

func (r *reporting) note(format string, args ...any) {
	r.data.Notes = append(r.data.Notes, fmt.Sprintf(format, args...))
}

// checkInputs notes inputs that are not what the output was made of.
func (r *reporting) checkInputs(ctx context.Context) error {
	inputs, err := r.plan.Inputs(ctx, r.options.Hashes, r.options.Jobs)
	if err != nil {
		return err
	}
	for _, in := range inputs {
		if !slices.Contains(r.proof.said.Inputs, in.proven()) {
			r.note("%s (%s) has changed since the merge: the figures are those of the files as they are now", in.Name, filepath.ToSlash(in.Path))
		}
	}
	return nil
}
