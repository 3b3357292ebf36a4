package run

import (
	"sync"

	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
	"golang.org/x/sync/semaphore"
)

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
	scores   *scores // nil where nothing is to be scored
}

// begin readies a run that has not looked at any tensor yet.
func begin(p *plan.Plan, options Options) *run {
	r := &run{plan: p, graph: newGraph(p), options: options, budget: semaphore.NewWeighted(options.Memory)}
	r.leaves.begin(p, options.Hashes)
	r.measures.found = make(map[lossAt]stages.Deviation)
	return r
}

// at is a place to work at.
func (r *run) at(site recipe.Site) stages.Env {
	return stages.Env{Site: site, Memory: &r.memory, Workers: r.workers}
}

// pool hands out slices of float32 and takes them back, so that a run allocates
// for the modules in progress and not for all there are.
type pool struct {
	bySize sync.Map // of int to *sync.Pool
}

func (p *pool) of(n int) *sync.Pool {
	if found, ok := p.bySize.Load(n); ok {
		return found.(*sync.Pool)
	}
	made, _ := p.bySize.LoadOrStore(n, &sync.Pool{New: func() any { x := make([]float32, n); return &x }})
	return made.(*sync.Pool)
}

// Floats gives a slice whose contents are undefined.
func (p *pool) Floats(n int) []float32 { return *p.of(n).Get().(*[]float32) }

// Free takes a slice back that nothing refers to any more.
func (p *pool) Free(x []float32) {
	if len(x) > 0 {
		p.of(len(x)).Put(&x)
	}
}
