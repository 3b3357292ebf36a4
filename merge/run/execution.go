package run

import (
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
	hits     hits  // what the cache is known to have
	whole    whole // how far it has come
	pace     pace
	scoring  int64 // nanoseconds of it that were spent with commands
	workers  int   // goroutines that share the work on one module
	sizings  []*sizing
	ranked   []*node // whose ranks surveys have chosen
	scores   *scores // nil where nothing is to be scored
}

// begin readies a run that has not looked at any tensor yet.
func begin(p *plan.Plan, options Options) *run {
	g := newGraph(p)
	options.Memory -= min(g.stackMemory(options.Jobs), options.Memory-1)
	r := &run{plan: p, graph: g, options: options, budget: semaphore.NewWeighted(options.Memory)}
	r.hits = make(hits, len(r.graph.nodes))
	r.leaves.begin(p, options.Hashes)
	r.measures.found = make(map[lossAt]stages.Deviation)
	return r
}

// at is a place to work at.
func (r *run) at(site recipe.Site) stages.Env {
	return stages.Env{Site: site, Memory: &r.memory, Workers: r.workers}
}
