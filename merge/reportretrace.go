package merge

import (
	"context"

	"github.com/loramerge/loramerge/internal/report"
)

// retrace asks what the stages on the way did.
func (r *reporting) retrace(ctx context.Context) error {
	trace, err := r.plan.Trace(ctx, r.sink, r.options.RunOptions)
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
func (r *reporting) takeKept(trace *Trace) {
	for i := range r.data.Modules {
		m := &r.data.Modules[i]
		for _, n := range r.sink.upstream() {
			for _, kept := range trace.Kept[Place{n.Name, m.Name}] {
				m.Kept = append(m.Kept, report.Kept{Stage: n.Name, Adapter: kept.Adapter, Share: report.Over(kept.After, kept.Before)})
			}
		}
	}
}

// takeLosses brings the deviations to the modules they belong to.
func (r *reporting) takeLosses(trace *Trace) {
	byName := make(map[string]*report.Module)
	for i := range r.data.Modules {
		byName[r.data.Modules[i].Name] = &r.data.Modules[i]
	}
	for _, d := range trace.Deviations {
		r.data.Losses = append(r.data.Losses, report.Loss{Stage: d.Stage, Verb: d.Verb, What: string(d.Kind), Error: report.Ratio(d.Error)})
		for _, at := range d.Modules {
			if m, ok := byName[at.Module]; ok {
				m.Losses = append(m.Losses, report.ModuleLoss{Stage: d.Stage, Adapter: at.Adapter, Error: report.Ratio(at.Error)})
			}
		}
	}
	for _, stage := range trace.Unmeasured {
		r.note("the cross terms of stage %s were not measured, which may take longer than the merge; --measure all does it", stage)
	}
}
