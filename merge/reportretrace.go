package merge

import (
	"context"
	"sync"

	"golang.org/x/sync/semaphore"

	"github.com/loramerge/loramerge/internal/kernels"
	"github.com/loramerge/loramerge/internal/lowrank"
	"github.com/loramerge/loramerge/internal/report"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// retracing is a run that saves nothing and watches what stages do to their inputs.
type retracing struct {
	run
	mu   sync.Mutex
	kept map[place][]report.Kept
}

// place is a stage at a module.
type place struct{ stage, module string }

// retrace computes the merge again where a trim, a truncation or a mean of factors is
// on the way, for what they keep and lose is nowhere in the output. The cache serves
// here as it does in a run.
func (r *reporting) retrace(ctx context.Context) error {
	t := &retracing{run: run{plan: r.plan, options: r.options.RunOptions, budget: semaphore.NewWeighted(r.options.Memory)}, kept: make(map[place][]report.Kept)}
	t.keeper.begin(r.plan, r.options.Cache, r.options.CacheMode)
	t.leaves.begin(r.plan, r.options.Hashes)
	t.measures.begin(r.plan, r.options.Measure)
	if len(t.targets(r.sink)) > 0 {
		if err := t.survey(ctx); err != nil {
			return err
		}
		if err := t.each(ctx, t.targets(t.plan.Nodes[r.sink.index]), false, t.observe); err != nil {
			return err
		}
	}
	for _, warning := range t.keeper.end(r.options.CacheSize) {
		r.note("%v", warning)
	}
	r.takeKept(t)
	r.takeLosses(t)
	return nil
}

// targets are what must be evaluated to learn all there is to learn on the way to a
// sink: a watcher of each trim and truncation, and the sink itself where stages report
// their losses.
func (t *retracing) targets(sink *Node) []*Node {
	var targets []*Node
	tells := false
	for _, n := range sink.upstream() {
		switch {
		case n.Kind.Name == "trim", truncates(n):
			targets = append(targets, n.watcher())
		case n.Kind.Name == "factor", t.measures.crossed[n.index]:
			tells = true
		}
	}
	if tells && t.measures.on {
		targets = append(targets, sink)
	}
	return targets
}

// truncates tells of a rank that may lose something, which it does not report itself.
func truncates(n *Node) bool { return n.Kind.Name == "rank" && n.Params.Text("how") == "truncate" }

// watcher is a node beside the plan with two inputs: what flows into n, and what flows
// out of it.
func (n *Node) watcher() *Node {
	watched := *n
	watched.In = []stages.Type{n.In[0], n.Out}
	watched.Slots = []Slot{n.Slots[0], {Edge{From: n, Reference: recipe.Reference{Position: n.Position, Stage: n.Name}}}}
	return &watched
}

// observe compares what flows in and out of a watched stage at a module.
func (t *retracing) observe(n *Node, site recipe.Site, in []stages.Value) error {
	if _, sink := n.stage.(stages.Sink); sink || isWhole(n.In[0], site.Module) {
		return nil
	}
	for i := range in[0] {
		before, after := &in[0][i], &in[1][i]
		if before.Absent() {
			continue
		}
		if truncates(n) {
			t.lose(n, site, before, after)
		} else {
			t.keep(n, site, before, after)
		}
	}
	return nil
}

// keep notes the share of its energy that a trimmed adapter still has.
func (t *retracing) keep(n *Node, site recipe.Site, before, after *stages.Part) {
	kept := report.Kept{Stage: n.Name, Adapter: before.Adapter, Share: report.Over(energy(after), energy(before))}
	t.mu.Lock()
	defer t.mu.Unlock()
	at := place{n.Name, site.Module}
	t.kept[at] = append(t.kept[at], kept)
}

// energy is ‖ΔW‖², but for a scale.
func energy(p *stages.Part) float64 {
	if p.W.Data != nil {
		return kernels.SumSquares(p.W.Data)
	}
	delta := lowrank.Product{B: p.B, A: p.A}
	return lowrank.Inner(delta, delta)
}

// lose notes how far a truncated adapter is from what it was.
func (t *retracing) lose(n *Node, site recipe.Site, before, after *stages.Part) {
	if !t.measures.on {
		return
	}
	was, is := lowrank.Product{B: before.B, A: before.A}, lowrank.Product{B: after.B, A: after.A}
	away := lowrank.Distance(was, is)
	t.measures.add(loss{t.plan.Nodes[n.index], stages.Deviation{
		Kind: stages.Truncation, Adapter: before.Adapter, Module: site.Module, Lost: away * away, Norm: energy(before)}})
}

// takeKept brings what trims kept into the order of plan and modules.
func (r *reporting) takeKept(t *retracing) {
	for i := range r.data.Modules {
		m := &r.data.Modules[i]
		for _, n := range r.sink.upstream() {
			m.Kept = append(m.Kept, t.kept[place{n.Name, m.Name}]...)
		}
	}
}

// takeLosses brings the deviations to the modules they belong to.
func (r *reporting) takeLosses(t *retracing) {
	deviations, unmeasured := t.measures.results(t.plan)
	byName := make(map[string]*report.Module)
	for i := range r.data.Modules {
		byName[r.data.Modules[i].Name] = &r.data.Modules[i]
	}
	for _, d := range deviations {
		r.data.Losses = append(r.data.Losses, report.Loss{Stage: d.Stage, Verb: d.Verb, What: string(d.Kind), Error: report.Ratio(d.Error)})
		for _, at := range d.Modules {
			if m, ok := byName[at.Module]; ok {
				m.Losses = append(m.Losses, report.ModuleLoss{Stage: d.Stage, Adapter: at.Adapter, Error: report.Ratio(at.Error)})
			}
		}
	}
	for _, stage := range unmeasured {
		r.note("the cross terms of stage %s were not measured, which may take longer than the merge; --measure all does it", stage)
	}
}
