package run

import (
	"context"
	"sync"

	"github.com/loramerge/loramerge/internal/kernels"
	"github.com/loramerge/loramerge/internal/lowrank"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// Trace is what stages on the way to an output did to their inputs, for its report.
type Trace struct {
	Trimmed    map[Place][]Trimmed // of every trim
	Deviations []StageDeviation
	Unmeasured []string // stages whose cross terms would have taken long to measure
	Warnings   []error  // of the cache
}

// Place is a stage at a module.
type Place struct{ Stage, Module string }

// Trimmed is what a trim left of an adapter, as squares of its norm.
type Trimmed struct {
	Adapter       string
	Before, After float64
}

// tracing is a run that saves nothing and watches what stages do to their inputs.
type tracing struct {
	run     *run
	mu      sync.Mutex
	trimmed map[Place][]Trimmed
}

// Retrace computes the merge that leads to a sink again where a trim, a truncation or a mean
// of factors is on the way, since the output does not show what they keep and lose. The cache
// is used as in a run.
func Retrace(ctx context.Context, p *plan.Plan, sink *plan.Node, options Options) (*Trace, error) {
	options = options.Filled()
	t := &tracing{run: begin(p, options), trimmed: make(map[Place][]Trimmed)}
	t.run.keeper.begin(t.run.graph, options, plan.Digests{})
	t.run.measures.begin(t.run.graph, options.Measure)
	if saves := t.run.graph.nodes[sink.Index]; len(t.targets(saves)) > 0 {
		if err := t.run.survey(ctx); err != nil {
			return nil, err
		}
		if err := t.run.each(ctx, t.targets(saves), false, t.observe); err != nil {
			return nil, err
		}
	}
	out := &Trace{Trimmed: t.trimmed, Warnings: t.run.keeper.end(options.CacheSize)}
	out.Deviations, out.Unmeasured = t.run.measures.results(t.run.graph)
	return out, nil
}

// targets are the nodes that must be evaluated to learn what is lost on the way to a sink: one
// that watches each trim and truncation, and the sink itself if stages report losses.
func (t *tracing) targets(sink *node) []*node {
	var targets []*node
	reports := false
	for _, u := range sink.Upstream() {
		n := t.run.graph.nodes[u.Index]
		switch loses := lossOf(n); {
		case loses == stages.LosesElements, loses == stages.LosesRank:
			targets = append(targets, watch(n, []stages.Type{n.In[0], n.Out}, n.Slots[0], plan.Slot{edgeTo(n)}))
		case loses == stages.ReportsLoss, t.run.measures.crossed[n.Index]:
			reports = true
		}
	}
	if reports && t.run.measures.on {
		targets = append(targets, sink)
	}
	return targets
}

func lossOf(n *node) stages.Loss {
	if loser, ok := n.Op.(stages.Loser); ok {
		return loser.Loses()
	}
	return stages.LosesNothing
}

// observe compares what flows in and out of a watched stage at a module.
func (t *tracing) observe(n *node, site recipe.Site, in []stages.Value) error {
	if _, sink := n.Op.(stages.Sink); sink || isWhole(n.In[0], site.Module) {
		return nil
	}
	for i := range in[0] {
		before, after := &in[0][i], &in[1][i]
		if before.Absent() {
			continue
		}
		if lossOf(t.run.graph.nodes[n.Index]) == stages.LosesRank {
			t.lose(n, site, before, after)
		} else {
			t.keep(n, site, before, after)
		}
	}
	return nil
}

// keep notes the energy that a trimmed adapter had and has.
func (t *tracing) keep(n *node, site recipe.Site, before, after *stages.Part) {
	kept := Trimmed{before.Adapter, energy(before), energy(after)}
	t.mu.Lock()
	defer t.mu.Unlock()
	at := Place{n.ID, site.Module}
	t.trimmed[at] = append(t.trimmed[at], kept)
}

// energy is ‖ΔW‖², up to a scale.
func energy(p *stages.Part) float64 {
	if p.W.Data != nil {
		return kernels.SumSquares(p.W.Data)
	}
	delta := lowrank.Product{B: p.B, A: p.A}
	return lowrank.Inner(delta, delta)
}

// lose notes how far a truncated adapter is from what it was.
func (t *tracing) lose(n *node, site recipe.Site, before, after *stages.Part) {
	if !t.run.measures.on {
		return
	}
	was, is := lowrank.Product{B: before.B, A: before.A}, lowrank.Product{B: after.B, A: after.A}
	away := lowrank.Distance(was, is)
	t.run.measures.add(loss{t.run.graph.nodes[n.Index], stages.Deviation{
		Kind: stages.Truncation, Adapter: before.Adapter, Module: site.Module, Lost: away * away, Norm: energy(before)}})
}
