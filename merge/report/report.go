package report

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/overwrite"
	"github.com/loramerge/loramerge/internal/reportpage"
	"github.com/loramerge/loramerge/merge/evaluate"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
)

// Options are those of the run that retraces the merge, and what is known of the
// run that made the output.
type Options struct {
	run.Options
	Ran []run.StageStats // nil if not at hand
	// Scores are the judgements on the output; nil if not at hand.
	Scores []*evaluate.Judgement
	// Check is called with what the page may not be written over, before the work; nil for no
	// page.
	Check func(kept []overwrite.Kept) error
}

// reporting is one report in progress.
type reporting struct {
	proof   *run.Proof
	plan    *plan.Plan
	sink    *plan.Node
	inputs  []plan.Loaded
	merged  *adapter.Adapter
	options Options
	data    *reportpage.Data
	total   gramMatrix // of the inputs and the merged, over all modules
}

// Make finds out what the merge that made the folder out did to its adapters. The
// merged ΔW is the folder's own, what lay between is computed again from the recipe
// inside it as far as a figure needs it. from is the folder that the recipe's paths
// are relative to; empty for where the output says the recipe lay.
func Make(ctx context.Context, out, from string, options Options) (*Report, error) {
	p, err := run.OpenProof(out, from, options.Find)
	if err != nil {
		return nil, err
	}
	defer p.Out.Close()
	planned, err := p.Plan()
	if err != nil {
		return nil, err
	}
	defer planned.Close()
	if options.Check != nil {
		if err := options.Check(append(planned.Kept(), overwrite.Kept{Path: out, What: "the output", Closed: true})); err != nil {
			return nil, err
		}
	}
	options.Options = options.Filled()
	if err := run.Fits(planned, options.Options); err != nil {
		return nil, err
	}
	r := &reporting{proof: p, plan: planned, sink: planned.Sinks()[0], merged: p.Out, options: options}
	r.inputs = plan.LoadedFor(r.sink)
	r.begin(out)
	if err := r.checkInputs(ctx); err != nil {
		return nil, err
	}
	relation, err := r.relate(ctx)
	if err != nil {
		return nil, err
	}
	for _, step := range []func(context.Context) error{r.measure, r.retrace} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	r.judge()
	return &Report{r.data, relation}, nil
}

// begin sets down what needs no tensors.
func (r *reporting) begin(out string) {
	r.data = &reportpage.Data{
		Title: run.Title(r.plan, r.sink), Output: filepath.ToSlash(filepath.Clean(out)), Stage: r.sink.ID, Version: r.options.Version,
		Base: r.plan.Base(r.sink).String(), Recipe: texts(r.plan), Graph: reportGraph(r.sink, r.options.Ran),
		Verdict: reportpage.Verdict{Wrong: []string{}}, Losses: []reportpage.Loss{}, Notes: []string{},
	}
	for _, in := range r.inputs {
		r.data.Adapters = append(r.data.Adapters, reportpage.Adapter{Name: in.Label, Path: filepath.ToSlash(in.Path)})
	}
	for _, j := range r.options.Scores {
		scores, gates := j.Scores(), j.GateTable()
		r.data.Scores = append(r.data.Scores, reportpage.Table{Title: "Scores", Heading: scores.Heading, Rows: scores.Rows})
		if len(gates.Rows) > 0 {
			r.data.Scores = append(r.data.Scores, reportpage.Table{Title: "Gates", Heading: gates.Heading, Rows: gates.Rows})
		}
		for _, remark := range j.Remarks() {
			r.note("%s", remark)
		}
	}
	for _, n := range r.plan.Notes(r.sink.Upstream()) {
		if !n.Local {
			r.note("%s", n.Line())
		}
	}
}

// texts are the recipe and those that it loads.
func texts(p *plan.Plan) string {
	var b strings.Builder
	b.Write(p.Recipe.Source)
	for _, in := range p.Included {
		fmt.Fprintf(&b, "\n# %s, of which it loads stages:\n%s", in.Label(), in.Source)
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
		if !slices.Contains(r.proof.Said.Inputs, in.Proven()) {
			r.wrong("%s (%s) has changed since the merge: the figures are those of the files as they are now.", in.Name, filepath.ToSlash(in.Path))
		}
	}
	return nil
}
