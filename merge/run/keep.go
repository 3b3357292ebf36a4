package run

import (
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/loramerge/loramerge/internal/parallel"
	"github.com/loramerge/loramerge/internal/printable"

	"github.com/loramerge/loramerge/internal/cache"
	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/stages"
)

// nsPerKeptByte is what keeping a byte costs, in nanoseconds: to hash and write it
// now, to read and hash it later, with a margin for disks that are slow.
const nsPerKeptByte = 16

// keeper is the cache as one run uses it.
type keeper struct {
	cache   *cache.Cache // nil for none
	kept    []bool       // by node
	surveys []bool       // by node, whose findings are kept
	tallys  []tally      // by node
	failed  atomic.Pointer[error]
	damaged atomic.Int64 // entries that are there and can't be read
}

// tally counts what happened to a node's values.
type tally struct{ computed, cached, nanoseconds atomic.Int64 }

// begin readies the cache, if there is one.
func (k *keeper) begin(g *graph, options Options, digests plan.Digests) {
	if options.Cache == nil {
		options.CacheMode = CacheOff
	}
	k.kept, k.tallys = g.worthKeeping(options, digests), make([]tally, len(g.nodes))
	k.surveys = g.surveysWorthKeeping(k.kept, options, digests)
	if options.CacheMode != CacheOff {
		k.cache = options.Cache
	}
}

// worthKeeping decides which nodes are kept. The digests are asked for where options name some that
// plans share.
func (g *graph) worthKeeping(options Options, digests plan.Digests) []bool {
	kept, mode := make([]bool, len(g.nodes)), options.CacheMode
	for _, n := range g.nodes {
		kept[n.Index] = keepable(n) && (mode == CacheAll || mode == CacheAuto && n.Keep)
	}
	switch {
	case mode != CacheAuto:
	case options.Shared != nil:
		g.keepShared(kept, func(n *node) bool { return options.shares(n, digests) })
	default:
		g.keepCostly(kept)
	}
	return kept
}

// keepable reports whether a node has a value that a stage has made.
func keepable(n *node) bool {
	_, source := n.Op.(stages.Source)
	return !source && !n.Kind.Ends() && !n.twin && n.Out.Space != stages.Core // whose bases a cache does not hold
}

// surveysWorthKeeping decides of which nodes the surveys are kept: of those that other plans have too, or
// else of those that choose ranks, since that takes singular values. With them, and with the values that are
// kept, go the surveys before, without which they have no digest and a plan can't know whether they are there.
func (g *graph) surveysWorthKeeping(values []bool, options Options, digests plan.Digests) []bool {
	kept := make([]bool, len(g.nodes))
	for _, n := range slices.Backward(g.nodes) {
		switch {
		case kept[n.Index] || values[n.Index]:
			kept[n.Index] = true
		case options.Shared != nil:
			kept[n.Index] = options.shares(n, digests)
		default:
			kept[n.Index] = ranksPending(n.Out)
		}
		for _, edge := range n.Edges() {
			kept[edge.From.Index] = kept[edge.From.Index] || kept[n.Index]
		}
	}
	return kept
}

// shares reports whether other plans have a node's result too.
func (o Options) shares(n *node, digests plan.Digests) bool {
	return n.Index < len(digests.Stages) && o.Shared[digests.Stages[n.Index].Digest]
}

// keepShared keeps the nodes that are shared and from which something is made that is not, so that
// what leads to them is asked for once.
func (g *graph) keepShared(kept []bool, shared func(*node) bool) {
	asked := make([]bool, len(g.nodes))
	for _, n := range slices.Backward(g.nodes) {
		if !asked[n.Index] && !n.Kind.Ends() {
			continue
		}
		kept[n.Index] = kept[n.Index] || keepable(n) && shared(n)
		for _, edge := range n.Edges() {
			asked[edge.From.Index] = asked[edge.From.Index] || !kept[n.Index]
		}
	}
}

// keepCostly keeps a node where all the work since the last kept ones, over all
// modules, outweighs the cost of its bytes.
func (g *graph) keepCostly(kept []bool) {
	own, bytes := make([]float64, len(g.nodes)), make([]float64, len(g.nodes))
	parallel.Each(len(g.nodes), func(i int) {
		n := g.nodes[i]
		made := n.Out.AllBytes()
		own[i], bytes[i] = stages.Cost(n.Kind, n.Op, n.In, n.Out), float64(made)
	})
	since := make([]float64, len(g.nodes))
	for i, n := range g.nodes {
		since[i] = own[i]
		for _, edge := range n.Edges() {
			since[i] += since[edge.From.Index]
		}
		if keepable(n) && (kept[i] || since[i] > nsPerKeptByte*bytes[i]) {
			kept[i], since[i] = true, 0
		}
	}
}

// computed counts a value, and those of the stages that it was fused with.
func (k *keeper) computed(n *node) {
	k.tallys[n.Index].computed.Add(1)
	for _, inner := range n.fused {
		k.tallys[inner.Index].computed.Add(1)
	}
}

// StageStats is what happened to a stage's values.
type StageStats struct {
	Stage    string `json:"stage"`
	Kept     bool   `json:"kept"`
	Computed int64  `json:"computed"` // modules
	Cached   int64  `json:"cached"`
	Time     int64  `json:"nanoseconds"` // of computing, over all cores; 0 without a clock
}

func (k *keeper) stats(g *graph) []StageStats {
	var out []StageStats
	for i, n := range g.nodes {
		if !n.twin {
			out = append(out, StageStats{n.ID, k.kept[i], k.tallys[i].computed.Load(), k.tallys[i].cached.Load(), k.tallys[i].nanoseconds.Load()})
		}
	}
	return out
}

// get reads a value, and counts those that are there and can't be read.
func (k *keeper) get(key digest.Digest) ([]byte, bool) {
	there := k.cache.HasFile(key)
	data, ok := k.cache.Get(key, func(size int64) []byte { return make([]byte, size) })
	if there && !ok {
		k.damaged.Add(1)
	}
	return data, ok
}

// put stores a value. The cache gives up after its first failure, which ends the
// storing and not the run.
func (k *keeper) put(key digest.Digest, pieces [][]byte) {
	if err := k.cache.Put(key, pieces...); err != nil {
		err = fmt.Errorf("the cache takes no more, the run goes on without: %w", err)
		k.failed.Store(&err)
	}
}

// end trims the cache to its size, and returns what went wrong with it.
func (k *keeper) end(size int64) []error {
	var warnings []error
	if failed := k.failed.Load(); failed != nil {
		warnings = append(warnings, *failed)
	}
	if damaged := k.damaged.Load(); damaged > 0 {
		warnings = append(warnings, fmt.Errorf("%s of the cache %s %s damaged and %s been computed again; `loramerge cache verify` finds all that are",
			printable.Count(damaged, "entry"), k.cache.Dir(), printable.Choose(damaged, "was", "were"), printable.Choose(damaged, "has", "have")))
	}
	if k.cache == nil {
		return warnings
	}
	if err := k.cache.KeepWithin(size); err != nil {
		warnings = append(warnings, fmt.Errorf("the cache can't be trimmed: %w", err))
	}
	return warnings
}
