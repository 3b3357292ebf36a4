package run

import (
	"context"

	"github.com/loramerge/loramerge/internal/mapkeys"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/stages"
)

// mostCounted bounds the modules, of all inputs, up to which a stage's hits are counted:
// to hash them takes some microseconds each.
const mostCounted = 20_000

// lookUp finds out what would be kept of the first nodes, which are those of the plan, and how much of it
// the cache has already. It reads no input: a tensor is known by the hash that is remembered of it, and a
// stage after one that must first survey whole adapters has no digest unless the cache has what the survey
// finds.
func (r *run) lookUp(ctx context.Context, nodes int) []plan.StageCache {
	out := make([]plan.StageCache, nodes)
	for i, n := range r.graph.nodes[:len(out)] {
		out[i] = plan.StageCache{Keepable: keepable(n), Kept: r.keeper.kept[i], Modules: len(n.Out.Union())}
	}
	r.count(ctx, out)
	return out
}

// count gives nodes their hits. It goes module by module, so that each result is hashed
// once.
func (r *run) count(ctx context.Context, out []plan.StageCache) {
	counted := make(map[string][]*node)
	unknown := r.graph.surveyed()
	for i, n := range r.graph.nodes[:len(out)] {
		switch {
		case !out[i].Kept:
		case unknown[i]:
			out[i].Until = plan.UntilSurveyed
		case len(n.Out.Sources)*out[i].Modules > mostCounted:
			out[i].Until = plan.UntilCounted
		default:
			out[i].Hits = new(int)
			for _, module := range n.Out.Union() {
				counted[module] = append(counted[module], n)
			}
		}
	}
	for _, site := range stages.Sites(mapkeys.Sorted(counted)) {
		at := r.computation(site)
		for _, n := range counted[site.Module] {
			r.countAt(ctx, at, n, &out[n.Index])
		}
	}
}

// countAt adds one module's hit; where it has no digest, the hits are not known.
func (r *run) countAt(ctx context.Context, at *computation, n *node, of *plan.StageCache) {
	if of.Hits == nil {
		return
	}
	key, err := at.digestOf(ctx, n)
	switch {
	case err != nil:
		of.Hits, of.Until = nil, plan.UntilRead
	case r.keeper.cache.Has(key):
		*of.Hits++
		if r.hits[n.Index] == nil {
			r.hits[n.Index] = make(map[string]bool)
		}
		r.hits[n.Index][at.site.Module] = true
	}
}

// surveyed marks the nodes that a survey settles, and those after them.
func (g *graph) surveyed() []bool {
	out := make([]bool, len(g.nodes))
	for i, n := range g.nodes {
		surveyor, ok := n.Op.(stages.Surveyor)
		out[i] = ok && surveyor.Survey() != nil
		for _, edge := range n.Edges() {
			out[i] = out[i] || out[edge.From.Index]
		}
	}
	return out
}
