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

// evaluation is a walk with values.
type evaluation struct {
	*walk
	run        *run
	site       recipe.Site
	values     []stages.Value          // by node
	shared     map[*float32]int        // how many values hold a slice: some stages pass tensors on
	digests    map[*node]digest.Digest // of results, as far as the cache needed them
	undigested map[*node]error         // results that have none, so that a chain of them is tried once
	losses     []loss                  // what stages have reported at this module
}

func (r *run) evaluation(site recipe.Site) *evaluation {
	return &evaluation{run: r, site: site, digests: make(map[*node]digest.Digest), undigested: make(map[*node]error)}
}

// evaluate computes the inputs of targets at a module and passes them to give.
func (r *run) evaluate(ctx context.Context, site recipe.Site, targets []*node, give func(*node, []stages.Value) error) error {
	e := r.evaluation(site)
	e.values, e.shared = make([]stages.Value, len(r.graph.nodes)), make(map[*float32]int)
	e.walk = r.graph.walk(site.Module, func(n *node) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		value, err := e.recallOrCompute(ctx, n)
		if err == nil {
			e.values[n.Index] = value
			e.count(value, 1)
		}
		return err
	}, func(n *node) {
		e.count(e.values[n.Index], -1)
		e.values[n.Index] = nil
	})
	return e.visit(targets, func(n *node) error { return give(n, e.slots(n)) })
}

// slots are the values of a node's inputs, which have been made.
func (e *evaluation) slots(n *node) []stages.Value {
	in := make([]stages.Value, len(n.slotsRead()))
	for i, slot := range n.slotsRead() {
		for _, edge := range slot {
			in[i] = append(in[i], e.parts(edge)...)
		}
	}
	return in
}

// parts gives the adapters of an edge, absent ones included, as their types say.
func (e *evaluation) parts(edge plan.Edge) stages.Value {
	from := edge.From
	value := e.values[from.Index]
	var out stages.Value
	for i, member := range from.Out.Members {
		if edge.Adapter != "" && edge.Adapter != member.Name {
			continue
		}
		if _, ok := member.Find(e.site.Module); ok {
			part := value[i]
			part.Adapter = member.Name // whole tensors pass by the stage that calls it so
			out = append(out, part)
		} else {
			out = append(out, stages.Part{Adapter: member.Name})
		}
	}
	return out
}

func (e *evaluation) compute(ctx context.Context, n *node) (stages.Value, error) {
	env := e.run.at(n.Depths.Site(e.site.Module))
	if source, ok := n.Op.(stages.Source); ok {
		defer e.timed(n)()
		value, err := source.Read(env)
		if err != nil {
			return nil, fault.Wrap(err, "stage %q", n.ID)
		}
		return value, nil
	}
	if err := e.inputs(n); err != nil {
		return nil, err
	}
	in := e.slots(n)
	defer e.timed(n)()
	env.Space = n.In[0].Space
	env.Report = e.report(n)
	form := n.Form(e.site.Module)[0]
	value, err := stages.Apply(ctx, n.Op, form, env, in)
	if err != nil {
		return nil, failureAt(n, e.site.Module, err)
	}
	if form != adapter.Whole {
		e.crossTerms(ctx, n, env, in[0], value)
	}
	e.run.keeper.computed(n)
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

// timed adds what passes until the call of its result to a node's time.
func (e *evaluation) timed(n *node) func() {
	start := e.run.options.Clock()
	return func() { e.run.keeper.tallys[n.Index].nanoseconds.Add(e.run.options.Clock() - start) }
}

// count keeps the number of values that hold each slice; at 0 its memory is free.
func (e *evaluation) count(value stages.Value, by int) {
	for i := range value {
		for _, tensor := range value[i].Tensors() {
			if len(tensor.Data) == 0 {
				continue
			}
			first := &tensor.Data[0]
			if e.shared[first] += by; e.shared[first] == 0 {
				delete(e.shared, first)
				e.run.memory.Free(tensor.Data)
			}
		}
	}
}

// report takes what a node loses at the module in progress.
func (e *evaluation) report(n *node) func(stages.Deviation) {
	return func(d stages.Deviation) { e.lose(loss{n, d}) }
}

func (e *evaluation) lose(l loss) {
	e.losses = append(e.losses, l)
	if e.run.measures.on || l.Kind.Warns() {
		e.run.measures.add(l)
	}
}

func (e *evaluation) crossTerms(ctx context.Context, n *node, env stages.Env, in, out stages.Value) {
	if e.run.measures.crossed[n.Index] {
		e.lose(loss{n, stages.CrossTermError(ctx, n.Op.(stages.Linear), env, n.In[0], n.Out, in, out)})
	}
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
