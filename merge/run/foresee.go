package run

import (
	"context"
	"maps"
	"os"
	"slices"

	"github.com/loramerge/loramerge/internal/parallel"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/stages"
)

// Foresee describes the plan and what a run with these options would do: what the cache has of it, what
// ranks leave out, the memory, and how long it takes by the rates of earlier runs. It reads no input.
func Foresee(ctx context.Context, p *plan.Plan, options Options) plan.Summary {
	s := Summary(p, options)
	options = options.Filled()
	f := foresee(ctx, p, options)
	s.AddCache(f.cached)
	s.AddCuts(f.cuts)
	expected := func(e stages.Effort) int64 {
		return int64(options.Rates.Elapsed(options.Rates.Calibrated(e), options.Jobs))
	}
	times := make([]int64, len(s.Stages))
	for i := range times {
		times[i] = expected(f.efforts[i])
	}
	s.AddTimes(plan.Foreseen{Time: expected(f.total()), Guessed: !options.Rates.Known()}, times)
	return s
}

// foresee walks through what a run would do as the run itself does, without values.
func foresee(ctx context.Context, p *plan.Plan, options Options) *foreseen {
	r := begin(p, options)
	r.leaves.unread = true
	r.graph.contrast(options.Measure)
	r.keeper.begin(r.graph, options, plan.Digests{})
	r.recallSurveys(ctx)
	f := &foreseen{cached: r.lookUp(ctx, len(p.Nodes)), hits: r.hits, efforts: make([]stages.Effort, len(r.graph.nodes))}
	for _, n := range r.graph.nodes {
		f.cuts = append(f.cuts, n.rankCut())
	}
	for n := range r.graph.surveyors() {
		r.foreseePass(f, []*node{n}, true)
		r.keptBy(n)
	}
	r.measures.begin(r.graph, options.Measure)
	r.graph.fuse(r.keeper.kept, r.measures.crossed)
	r.sizings = r.graph.sizings(options.Measure)
	targets := slices.Concat(r.graph.sinks(), r.graph.showing())
	for _, s := range r.sizings {
		targets = append(targets, s.at)
	}
	r.foreseePass(f, targets, false)
	f.efforts[0] = f.efforts[0].Plus(stages.HashingEffort(unhashedBytes(p, options.Hashes)))
	return f
}

// foreseePass adds one pass over the modules.
func (r *run) foreseePass(f *foreseen, targets []*node, surveying bool) {
	all := r.graph.workOf(targets, surveying)
	found := make([]map[int]stages.Effort, len(all))
	parallel.Each(len(all), func(i int) {
		found[i] = make(map[int]stages.Effort)
		r.effortAt(all[i], surveying, func(n *node, e stages.Effort) { found[i][n.Index] = found[i][n.Index].Plus(e) })
	})
	for i := range all {
		for node, e := range found[i] {
			f.efforts[node] = f.efforts[node].Plus(e)
		}
	}
}

// keptBy counts what the pass of a survey leaves in the cache among what is there, since later passes take it
// from there.
func (r *run) keptBy(survey *node) {
	if r.keeper.cache == nil {
		return
	}
	there := make(hits, len(r.graph.nodes))
	for i := range there {
		there[i] = maps.Clone(r.hits[i])
	}
	for _, w := range r.graph.workOf([]*node{survey}, true) {
		module := w.site.Module
		var walk *walk
		walk = r.graph.walk(module, func(n *node) error {
			if r.hits.have(n, module) {
				return nil
			}
			if r.keeper.kept[n.Index] {
				if there[n.Index] == nil {
					there[n.Index] = make(map[string]bool)
				}
				there[n.Index][module] = true
			}
			return walk.inputs(n)
		}, func(*node) {})
		if err := walk.visit(w.targets, func(*node) error { return nil }); err != nil {
			panic("merge: what is kept has no errors: " + err.Error())
		}
	}
	r.hits = there
}

// unhashedBytes are those of the inputs' files whose hashes are not remembered.
func unhashedBytes(p *plan.Plan, hashes plan.Hashes) (sum int64) {
	inputs := p.Unhashed()
	for i := range inputs {
		for _, file := range inputs[i].Files() {
			if _, known := hashes.Known(file.Path); known {
				continue
			}
			if info, err := os.Stat(file.Path); err == nil {
				sum += info.Size()
			}
		}
	}
	return sum
}

// foreseeWork gives each module of a pass its work. The last pass knows what surveys have found, and
// so what is left.
func (r *run) foreseeWork(all []work, surveying bool) {
	if r.options.Progress == nil {
		return
	}
	parallel.Each(len(all), func(i int) {
		r.effortAt(all[i], surveying, func(_ *node, e stages.Effort) { all[i].effort += r.options.Rates.Calibrated(e) })
	})
	if surveying {
		return
	}
	r.whole.all = r.whole.done
	for _, w := range all {
		r.whole.all += w.effort
	}
}

// foresee finds out how much work there is, for those who watch the progress.
func (r *run) foresee(ctx context.Context) {
	if r.options.Progress == nil {
		return
	}
	f := foresee(ctx, r.plan, r.options)
	r.hits = f.hits
	r.whole.all = r.options.Rates.Calibrated(f.total())
	r.whole.expected = int64(r.options.Rates.Elapsed(r.whole.all, r.options.Jobs))
}
