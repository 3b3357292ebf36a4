package run

import (
	"context"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/loramerge/loramerge/internal/cache"
	"github.com/loramerge/loramerge/internal/lockfile"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// Options are how a plan is run; none of them changes a byte of the result.
type Options struct {
	Jobs      int          // modules in progress at once; 0 for one a processor
	Memory    int64        // bytes that the modules in progress may hold; 0 for DefaultMemory
	Version   string       // of the program, for the lock and the card
	Lock      LockMode     // how to deal with the recipe's lock
	Hashes    plan.Hashes  // of files; nil to read them anew on every run
	Cache     *cache.Cache // of intermediate values between runs; nil for none
	CacheMode CacheMode
	CacheSize int64                      // bytes that the cache may hold after the run; 0 for DefaultCacheSize
	Redirect  func(target string) string // where to save instead; nil to save where the recipe says
	Measure   Measure                    // whether to find out what stages lose
	Clock     func() int64               // nanoseconds, for the stages' times; nil for none
	Progress  func(Progress)             // called before the first module of each pass and after every one, from one goroutine at a time; may be nil
}

// DefaultCacheSize is the limit of the cache.
const DefaultCacheSize = 10 << 30

// DefaultMemory is the budget for modules in progress: room for a dense merge of eight
// adapters of a 7B model, whose largest layers are 14336 × 4096.
const DefaultMemory = 4 << 30

// Progress is how far a run has come.
type Progress struct {
	Surveying  bool  `json:"surveying"` // looking ahead; the same modules come again
	Modules    int   `json:"modules"`
	AllModules int   `json:"all_modules"`
	Bytes      int64 `json:"bytes"` // read from the inputs
	AllBytes   int64 `json:"all_bytes"`
}

// Result is what a run made.
type Result struct {
	UpToDate    bool              `json:"up_to_date"` // the outputs stood already, and nothing was done
	Outputs     []Output          `json:"outputs"`
	Stages      []StageStats      `json:"stages"`
	Sizes       []MergeSize       `json:"sizes"` // of every merge
	Ranks       []ChosenRanks     `json:"ranks"` // that stages have chosen
	Deviations  []StageDeviation  `json:"deviations"`
	Unmeasured  []string          `json:"unmeasured"` // stages whose cross terms would have taken long to measure
	LockChanges []lockfile.Change `json:"lock_changes"`
	LockKept    string            `json:"lock_kept,omitempty"` // why a lock that would change stays as it is
	Warnings    []error           `json:"-"`                   // what went wrong beside the outputs, which are whole
}

// Output is one saved folder.
type Output struct {
	Stage    string  `json:"stage"`
	Path     string  `json:"path"`
	Modules  int     `json:"modules"`
	Bytes    int64   `json:"bytes"`    // of the weights' file
	Clamped  int64   `json:"clamped"`  // values that `clamp: true` cut to the dtype's largest
	Rounding float64 `json:"rounding"` // ‖x̂ − x‖/‖x‖ of all A and B, which rounding to the dtype cost
}

// run is one execution of a plan.
type run struct {
	plan     *plan.Plan
	graph    *graph
	options  Options
	lock     *lockSession
	memory   pool
	budget   *semaphore.Weighted
	measures measures
	keeper   keeper
	leaves   leaves
	workers  int // goroutines that share the work on one module
	sizings  []*sizing
	ranked   []*node // whose ranks surveys have chosen
}

// Run runs the plan. Every output is whole or not there: what stood in its
// place stays until the new one is complete. A cancelled context stops it soon. What
// does not fit into the memory is refused before any work.
func Run(ctx context.Context, p *plan.Plan, options Options) (*Result, error) {
	options = options.Filled()
	if err := Fits(p, options); err != nil {
		return nil, err
	}
	held, err := openLock(ctx, p, options)
	if err != nil {
		return nil, err
	}
	if held.upToDate(ctx) {
		return &Result{UpToDate: true}, nil
	}
	r := begin(p, options)
	r.lock = held
	r.graph.contrast(options.Measure)
	r.keeper.begin(r.graph, options.Cache, options.CacheMode)
	if err := r.survey(ctx); err != nil {
		return nil, err
	}
	warnings := r.settledWarnings()
	r.measures.begin(r.graph, options.Measure)
	r.graph.fuse(r.keeper.kept, r.measures.crossed)
	r.sizings = r.graph.sizings(options.Measure)
	if err := r.recallSizes(ctx); err != nil {
		return nil, err
	}
	result, err := r.save(ctx)
	if err != nil {
		return nil, err
	}
	result.Stages = r.keeper.stats(r.graph)
	result.Warnings = slices.Concat(warnings, result.Warnings, r.keeper.end(options.CacheSize))
	return result, nil
}

// begin readies a run that has not looked at any tensor yet.
func begin(p *plan.Plan, options Options) *run {
	r := &run{plan: p, graph: newGraph(p), options: options, budget: semaphore.NewWeighted(options.Memory)}
	r.leaves.begin(p, options.Hashes)
	r.measures.found = make(map[lossAt]stages.Deviation)
	return r
}

// Filled is o with the defaults of what was left out.
func (o Options) Filled() Options {
	if o.Jobs <= 0 {
		o.Jobs = runtime.GOMAXPROCS(0)
	}
	if o.Memory <= 0 {
		o.Memory = DefaultMemory
	}
	if o.CacheSize <= 0 {
		o.CacheSize = DefaultCacheSize
	}
	if o.Clock == nil {
		o.Clock = func() int64 { return 0 }
	}
	if o.Hashes == nil {
		o.Hashes = plan.FreshHashes{}
	}
	if o.Redirect == nil {
		o.Redirect = func(target string) string { return target }
	}
	return o
}

// at is a place to work at.
func (r *run) at(site recipe.Site) stages.Env {
	return stages.Env{Site: site, Memory: &r.memory, Workers: r.workers}
}

// each hands the inputs of targets to visit, module by module, several at once.
func (r *run) each(ctx context.Context, targets []*node, surveying bool, visit func(*node, recipe.Site, []stages.Value) error) error {
	return r.over(ctx, r.graph.workOf(targets, surveying), surveying, visit)
}

// over is each for modules that are known already.
func (r *run) over(ctx context.Context, work []work, surveying bool, visit func(*node, recipe.Site, []stages.Value) error) error {
	r.workers = workers(work, r.options)
	var bytes int64
	for _, w := range work {
		bytes += w.read
	}
	tracker := NewTracker(len(work), bytes, surveying, r.options.Progress)
	group, running := errgroup.WithContext(ctx)
	group.SetLimit(r.options.Jobs)
	for _, w := range work {
		cost := min(w.memory, r.options.Memory)
		if err := r.budget.Acquire(running, cost); err != nil {
			break // a module failed, or the run was cancelled
		}
		group.Go(func() error {
			defer r.budget.Release(cost)
			err := r.evaluate(running, w.site, w.targets, func(n *node, in []stages.Value) error { return visit(n, w.site, in) })
			if err == nil {
				tracker.Done(w.read)
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}
