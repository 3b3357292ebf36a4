package report

import (
	"context"

	"github.com/loramerge/loramerge/internal/reportpage"
	"github.com/loramerge/loramerge/merge/run"
)

// retrace asks what the stages on the way did.
func (r *reporting) retrace(ctx context.Context) error {
	trace, err := run.Retrace(ctx, r.plan, r.sink, r.options.Options)
	if err != nil {
		return err
	}
	for _, warning := range trace.Warnings {
		r.note("%v", warning)
	}
	r.takeKept(trace)
	r.takeLosses(trace)
	return nil
}

// takeKept brings what trims kept into the order of plan and modules.
func (r *reporting) takeKept(trace *run.Trace) {
	for i := range r.data.Modules {
		m := &r.data.Modules[i]
		for _, n := range r.sink.Upstream() {
			for _, kept := range trace.Trimmed[run.Place{Stage: n.ID, Module: m.Name}] {
				m.Kept = append(m.Kept, reportpage.Kept{Stage: n.ID, Adapter: kept.Adapter, Share: reportpage.Over(kept.After, kept.Before)})
			}
		}
	}
}

// takeLosses brings the deviations to the modules they belong to.
func (r *reporting) takeLosses(trace *run.Trace) {
	byName := make(map[string]*reportpage.Module)
	for i := range r.data.Modules {
		byName[r.data.Modules[i].Name] = &r.data.Modules[i]
	}
	for _, d := range trace.Deviations {
		r.data.Losses = append(r.data.Losses, reportpage.Loss{Stage: d.Stage, Verb: d.Verb, What: string(d.Kind), Error: reportpage.Ratio(d.Error)})
		for _, at := range d.Modules {
			if m, ok := byName[at.Module]; ok {
				m.Losses = append(m.Losses, reportpage.ModuleLoss{Stage: d.Stage, Adapter: at.Adapter, Error: reportpage.Ratio(at.Error)})
			}
		}
	}
	for _, stage := range trace.Unmeasured {
		r.note("the cross terms of stage %s were not measured, which may take longer than the merge; --measure all does it", stage)
	}
}
