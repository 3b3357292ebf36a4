package run

import (
	"context"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
	"golang.org/x/sync/errgroup"
)

// computation is a walk with values.
type computation struct {
	*walk
	run        *run
	site       recipe.Site
	values     []stages.Value          // by node
	shared     map[*float32]int        // how many values hold a slice: some stages pass tensors on
	digests    map[*node]digest.Digest // of results, as far as the cache needed them
	undigested map[*node]error         // results that have none, so that a chain of them is tried once
	losses     []loss                  // what stages have reported at this module
	tracker    *Tracker
	worked     float64 // of the work at this module, what has been counted
}

func (r *run) computation(site recipe.Site) *computation {
	return &computation{run: r, site: site, digests: make(map[*node]digest.Digest), undigested: make(map[*node]error)}
}

// computeAt computes the inputs of targets at a module and passes them to give.
func (r *run) computeAt(ctx context.Context, w work, surveying bool, tracker *Tracker, give func(*node, []stages.Value) error) error {
	c := r.computation(w.site)
	c.tracker = tracker
	c.values, c.shared = make([]stages.Value, len(r.graph.nodes)), make(map[*float32]int)
	c.walk = r.graph.walk(w.site.Module, func(n *node) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		value, err := c.recallOrCompute(ctx, n)
		if err == nil {
			c.values[n.Index] = value
			c.count(value, 1)
		}
		return err
	}, func(n *node) {
		c.count(c.values[n.Index], -1)
		c.values[n.Index] = nil
	})
	err := c.visit(w.targets, func(n *node) error {
		in := c.slots(n)
		defer c.timed(n, r.effortOn(n, surveying, w.site.Module))()
		return give(n, in)
	})
	if err == nil {
		tracker.finish(w.read, max(0, w.effort-c.worked))
	}
	return err
}

// slots are the values of a node's inputs, which have been made.
func (c *computation) slots(n *node) []stages.Value {
	in := make([]stages.Value, len(n.slotsRead()))
	for i, slot := range n.slotsRead() {
		for _, edge := range slot {
			in[i] = append(in[i], c.parts(edge)...)
		}
	}
	return in
}

// parts gives the adapters of an edge, absent ones included, as their types say.
func (c *computation) parts(edge plan.Edge) stages.Value {
	from := edge.From
	value := c.values[from.Index]
	var out stages.Value
	for i, member := range from.Out.Members {
		if edge.Adapter != "" && edge.Adapter != member.Name {
			continue
		}
		if _, ok := member.Find(c.site.Module); ok {
			part := value[i]
			part.Adapter = member.Name // whole tensors pass by the stage that calls it so
			out = append(out, part)
		} else {
			out = append(out, stages.Part{Adapter: member.Name})
		}
	}
	return out
}

func (c *computation) compute(ctx context.Context, n *node) (stages.Value, error) {
	env := c.run.at(n.Depths.Site(c.site.Module))
	effort := stages.EffortOf(n.Kind, n.Op, n.In, n.Out, c.site.Module)
	if source, ok := n.Op.(stages.Source); ok {
		defer c.timed(n, effort)()
		value, err := source.Read(env)
		if err != nil {
			return nil, fault.Wrap(err, "stage %q", n.ID)
		}
		return value, nil
	}
	if err := c.inputs(n); err != nil {
		return nil, err
	}
	in := c.slots(n)
	defer c.timed(n, effort)()
	env.Space = n.In[0].Space
	env.Report = c.report(n)
	form := n.Form(c.site.Module)[0]
	value, err := stages.Apply(ctx, n.Op, form, env, in)
	if err != nil {
		return nil, failureAt(n, c.site.Module, err)
	}
	if form != adapter.Whole {
		c.crossTerms(ctx, n, env, in[0], value)
	}
	c.run.keeper.computed(n)
	return value, nil
}

// failureAt gives an error of a stage its place. What is wrong with an input's file has one,
// and only lacks what the run was at.
func failureAt(n *node, module string, err error) error {
	if f, ok := err.(*fault.Fault); ok && (f.File == "" || f.Line > 0) {
		return fault.Place(n.Position, err)
	}
	return fault.Wrap(err, "stage %q, module %q", n.ID, module)
}

// timed adds what passes until the call of its result to a node's time, and counts the work.
func (c *computation) timed(n *node, effort stages.Effort) func() {
	end, start := func() {}, c.run.options.Clock()
	if work := c.run.options.Rates.Calibrated(effort); work >= worthTelling {
		c.worked += work
		end = c.tracker.works(work)
	}
	return func() {
		took := c.run.options.Clock() - start
		if n.Op != nil { // which what only watches has not
			c.run.keeper.tallys[n.Index].nanoseconds.Add(took)
		}
		c.run.pace.add(effort, float64(took)*float64(c.run.workers))
		end()
	}
}

// count keeps the number of values that hold each slice; at 0 its memory is free.
func (c *computation) count(value stages.Value, by int) {
	for i := range value {
		for _, tensor := range value[i].Tensors() {
			if len(tensor.Data) == 0 {
				continue
			}
			first := &tensor.Data[0]
			if c.shared[first] += by; c.shared[first] == 0 {
				delete(c.shared, first)
				c.run.memory.Free(tensor.Data)
			}
		}
	}
}

// report takes what a node loses at the module in progress.
func (c *computation) report(n *node) func(stages.Deviation) {
	return func(d stages.Deviation) { c.lose(loss{n, d}) }
}

func (c *computation) lose(l loss) {
	c.losses = append(c.losses, l)
	if c.run.measures.on || l.Kind.Warns() {
		c.run.measures.add(l)
	}
}

func (c *computation) crossTerms(ctx context.Context, n *node, env stages.Env, in, out stages.Value) {
	if c.run.measures.crossed[n.Index] {
		c.lose(loss{n, stages.CrossTermError(ctx, n.Op.(stages.Linear), env, n.In[0], n.Out, in, out)})
	}
}

// each hands the inputs of targets to visit, module by module, several at once.
func (r *run) each(ctx context.Context, targets []*node, surveying bool, visit func(*node, recipe.Site, []stages.Value) error) error {
	work := r.graph.workOf(targets, surveying)
	r.workers = workers(work, r.options)
	var bytes int64
	for _, w := range work {
		bytes += w.read
	}
	r.foreseeWork(work, surveying)
	tracker := newTracker(&r.whole, len(work), bytes, surveying, r.options.Progress)
	group, running := errgroup.WithContext(ctx)
	group.SetLimit(r.options.Jobs)
	for _, w := range work {
		cost := min(w.memory, r.options.Memory)
		if err := r.budget.Acquire(running, cost); err != nil {
			break // a module failed, or the run was cancelled
		}
		group.Go(func() error {
			defer r.budget.Release(cost)
			return r.computeAt(running, w, surveying, tracker, func(n *node, in []stages.Value) error { return visit(n, w.site, in) })
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}
