package run

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// evaluation takes one module through the graph. A value is computed once, when the
// first stage asks for it, and dropped when the last one has it.
type evaluation struct {
	run      *run
	site     recipe.Site
	values   []stages.Value               // by node
	asks     []int                        // how many edges still ask for a node's value
	shared   map[*float32]int             // how many values hold a slice: some stages pass tensors on
	names    map[*plan.Node]digest.Digest // of results, as far as the cache needed them
	nameless map[*plan.Node]error         // results that can't be named, so that a chain of them is tried once
	losses   []loss                       // what stages have reported at this module
}

// evaluate computes what targets take in at a module and hands it to give.
func (r *run) evaluate(ctx context.Context, site recipe.Site, targets []*plan.Node, give func(*plan.Node, []stages.Value) error) error {
	e := &evaluation{run: r, site: site, values: make([]stages.Value, len(r.plan.Nodes)),
		asks: make([]int, len(r.plan.Nodes)), shared: make(map[*float32]int), names: make(map[*plan.Node]digest.Digest), nameless: make(map[*plan.Node]error)}
	for _, target := range targets {
		e.ask(target)
	}
	for _, target := range targets {
		in, err := e.inputs(ctx, target)
		if err != nil {
			return err
		}
		if err := give(target, in); err != nil {
			return err
		}
		e.drop(target)
	}
	return nil
}

// ask counts the edges below a node that will ask for a value.
func (e *evaluation) ask(n *plan.Node) {
	for _, edge := range slices.Concat(slotsRead(n)...) {
		if from := edge.From; from.Holds(e.site.Module) {
			if e.asks[from.Index]++; e.asks[from.Index] == 1 {
				e.ask(from)
			}
		}
	}
}

// slotsRead are where they come from in this run: of a fused node, what feeds its first stage.
func slotsRead(n *plan.Node) []plan.Slot {
	if n.Feeds != nil {
		return n.Feeds
	}
	return n.Slots
}

// inputs gives a node's slots their values.
func (e *evaluation) inputs(ctx context.Context, n *plan.Node) ([]stages.Value, error) {
	in := make([]stages.Value, len(slotsRead(n)))
	for i, slot := range slotsRead(n) {
		for _, edge := range slot {
			parts, err := e.parts(ctx, edge)
			if err != nil {
				return nil, err
			}
			in[i] = append(in[i], parts...)
		}
	}
	return in, nil
}

// parts gives the adapters of an edge, absent ones included, as their types say.
func (e *evaluation) parts(ctx context.Context, edge plan.Edge) (stages.Value, error) {
	from := edge.From
	var value stages.Value
	if from.Holds(e.site.Module) {
		var err error
		if value, err = e.value(ctx, from); err != nil {
			return nil, err
		}
	}
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
	return out, nil
}

// value computes a node's value, or remembers it.
func (e *evaluation) value(ctx context.Context, n *plan.Node) (stages.Value, error) {
	if known := e.values[n.Index]; known != nil {
		return known, nil
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	value, err := e.recallOrCompute(ctx, n)
	if err != nil {
		return nil, err
	}
	e.values[n.Index] = value
	e.count(value, 1)
	e.drop(n)
	return value, nil
}

func (e *evaluation) compute(ctx context.Context, n *plan.Node) (stages.Value, error) {
	env := e.run.at(n.Depths.Site(e.site.Module))
	if source, ok := n.Op.(stages.Source); ok {
		defer e.timed(n)()
		value, err := source.Read(env)
		if err != nil {
			return nil, fmt.Errorf("stage %q: %w", n.ID, err)
		}
		return value, nil
	}
	in, err := e.inputs(ctx, n)
	if err != nil {
		return nil, err
	}
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

// failureAt gives an error of a stage its place.
func failureAt(n *plan.Node, module string, err error) error {
	if _, ok := errors.AsType[*stages.BeyondError](err); ok {
		return &recipe.Mistake{Position: n.Position, Text: fmt.Sprintf("the result at module %q is too large", module), Cause: err,
			Remedy: "look at the weights and scales of this stage and of those before", Page: "too-large"}
	}
	if _, ok := errors.AsType[*stages.CopiesError](err); ok {
		return &recipe.Mistake{Position: n.Position, Text: fmt.Sprintf("%q has no mean", module), Cause: err,
			Remedy: fmt.Sprintf("if they are of one base model, leave it out with `select … exclude: %q`: the base model has it", module), Page: "different-bases"}
	}
	return fmt.Errorf("stage %q, module %q: %w", n.ID, module, err)
}

// timed adds what passes until the call of its result to a node's time.
func (e *evaluation) timed(n *plan.Node) func() {
	start := e.run.options.Clock()
	return func() { e.run.keeper.tallys[n.Index].nanoseconds.Add(e.run.options.Clock() - start) }
}

// drop tells the inputs of a node that it needs them no more. An input that was
// never computed, since the node's value came from the cache, needs its own no more.
func (e *evaluation) drop(n *plan.Node) {
	for _, edge := range slices.Concat(slotsRead(n)...) {
		from := edge.From
		if !from.Holds(e.site.Module) {
			continue
		}
		if e.asks[from.Index]--; e.asks[from.Index] > 0 {
			continue
		}
		if value := e.values[from.Index]; value != nil {
			e.count(value, -1)
			e.values[from.Index] = nil
		} else {
			e.drop(from)
		}
	}
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
