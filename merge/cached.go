package merge

import (
	"context"

	"github.com/loramerge/loramerge/internal/cache"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// StageCache is what a run would do with a stage's values.
type StageCache struct {
	Keepable bool `json:"-"` // by whatever run: it is neither a load nor a save
	Kept     bool `json:"kept"`
	// Hits is the number of modules whose value is in the cache, or nil where that is
	// not known without reading the inputs.
	Hits    *int `json:"hits,omitempty"`
	Modules int  `json:"modules"`
}

// mostCounted bounds the modules, of all inputs, up to which a stage's hits are counted:
// to name them takes some microseconds each.
const mostCounted = 20_000

// Cached tells, for every node, what a run with these options would keep, and what of it
// is there already. It reads no input: a tensor is named by the hash that is remembered of
// it, and a stage after one that must first survey whole adapters has no name yet.
func (p *Plan) Cached(ctx context.Context, options RunOptions) []StageCache {
	options = options.filled()
	r := &run{plan: p, options: options, leaves: leaves{unread: true}}
	r.keeper.begin(p, options.Cache, options.CacheMode)
	r.leaves.begin(p, options.Hashes)
	unknown := p.surveyed()
	out := make([]StageCache, len(p.Nodes))
	for i, n := range p.Nodes {
		out[i] = StageCache{Keepable: n.keepable(), Kept: r.keeper.kept[i], Modules: len(n.Out.Union())}
		if out[i].Kept && !unknown[i] && len(n.Out.Sources)*out[i].Modules <= mostCounted {
			out[i].Hits = r.hits(ctx, n)
		}
	}
	return out
}

// surveyed marks the nodes that a survey settles, and those after them.
func (p *Plan) surveyed() []bool {
	out := make([]bool, len(p.Nodes))
	for i, n := range p.Nodes {
		surveyor, ok := n.stage.(stages.Surveyor)
		out[i] = ok && surveyor.Survey() != nil
		for _, edge := range n.edges() {
			out[i] = out[i] || out[edge.From.index]
		}
	}
	return out
}

// hits counts the modules of a node that are in the cache; nil if they can't be named.
func (r *run) hits(ctx context.Context, n *Node) *int {
	count := 0
	for _, module := range stages.Sites(n.Out.Union()) {
		name, err := r.evaluation(module).name(ctx, n)
		if err != nil {
			return nil
		}
		if r.keeper.cache.Has(cache.Name(name)) {
			count++
		}
	}
	return &count
}

func (r *run) evaluation(site recipe.Site) *evaluation {
	return &evaluation{run: r, site: site, names: make(map[*Node]Name)}
}
