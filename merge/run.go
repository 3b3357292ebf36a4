package merge

import (
	"context"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// RunOptions are how a plan is run; none of them changes a byte of the result, but
// for Version, which the output's metadata names.
type RunOptions struct {
	Jobs     int            // modules under way at once; 0 for one a processor
	Memory   int64          // bytes that the modules under way may hold; 0 for DefaultMemory
	Version  string         // of the program
	Measure  Measure        // whether to find out what stages lose
	Progress func(Progress) // called after each module, from one goroutine at a time; may be nil
}

// DefaultMemory is the budget for modules under way.
const DefaultMemory = 1 << 30

// Progress is how far a run has come.
type Progress struct {
	Surveying           bool // looking ahead; the same modules come again
	Modules, AllModules int
	Bytes, AllBytes     int64 // read from the inputs
}

// Result is what a run made.
type Result struct {
	Outputs    []Output
	Deviations []StageDeviation
	Unmeasured []string // stages whose cross terms would have taken long to measure
}

// Output is one saved folder.
type Output struct {
	Stage   string
	Path    string
	Modules int
	Bytes   int64 // of the weights' file
}

// run is one execution of a plan.
type run struct {
	plan     *Plan // with the stages that surveys have settled
	options  RunOptions
	memory   pool
	budget   *semaphore.Weighted
	measures measures
}

// Run carries the plan out. Every output is whole or not there: what stood in its
// place stays until the new one is complete. A cancelled context stops it soon.
func (p *Plan) Run(ctx context.Context, options RunOptions) (*Result, error) {
	if options.Jobs <= 0 {
		options.Jobs = runtime.GOMAXPROCS(0)
	}
	if options.Memory <= 0 {
		options.Memory = DefaultMemory
	}
	r := &run{plan: p, options: options, budget: semaphore.NewWeighted(options.Memory)}
	if err := r.survey(ctx); err != nil {
		return nil, err
	}
	r.measures.begin(r.plan, options.Measure)
	result, err := r.save(ctx)
	if err != nil {
		return nil, err
	}
	result.Deviations, result.Unmeasured = r.measures.results(r.plan)
	return result, nil
}

// at is a place to work at.
func (r *run) at(site recipe.Site) stages.Site {
	return stages.Site{Site: site, Memory: &r.memory, Workers: 1}
}

// each hands the inputs of targets to visit, module by module, several at once.
func (r *run) each(ctx context.Context, targets []*Node, surveying bool, visit func(*Node, recipe.Site, []stages.Value) error) error {
	work := r.plan.work(targets, surveying)
	tracker := newTracker(work, surveying, r.options.Progress)
	group, running := errgroup.WithContext(ctx)
	group.SetLimit(r.options.Jobs)
	for _, w := range work {
		cost := min(w.memory, r.options.Memory)
		if err := r.budget.Acquire(running, cost); err != nil {
			break // a module failed, or the run was cancelled
		}
		group.Go(func() error {
			defer r.budget.Release(cost)
			err := r.evaluate(running, w.site, w.targets, func(n *Node, in []stages.Value) error { return visit(n, w.site, in) })
			if err == nil {
				tracker.done(w)
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

// sinks are the nodes that save.
func (p *Plan) sinks() []*Node {
	return slices.DeleteFunc(slices.Clone(p.Nodes), func(n *Node) bool { _, ok := n.stage.(stages.Sink); return !ok })
}
