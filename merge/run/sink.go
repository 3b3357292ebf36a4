package run

import (
	"context"
	"fmt"
	"os"
	"slices"

	"github.com/hashicorp/go-multierror"
	"golang.org/x/sync/errgroup"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/outdir"
	"github.com/loramerge/loramerge/internal/printable"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// output is a folder under construction.
type output struct {
	node     *node
	target   string
	dir      *outdir.Dir
	weights  *adapter.Writer
	modules  []*adapter.Module
	clamped  int64
	rounding float64
}

// save computes every module of every sink, while the inputs are hashed beside it,
// and puts the folders in place when all of them are complete.
func (r *run) save(ctx context.Context) (_ *Result, err error) {
	outputs, err := r.openAll()
	defer func() {
		if err != nil {
			err = multierror.Append(err, abortAll(outputs)).ErrorOrNil()
		}
	}()
	if err != nil {
		return nil, err
	}
	if err := r.compute(ctx, outputs); err != nil {
		return nil, err
	}
	if err := r.leaves.end(); err != nil {
		return nil, err
	}
	for _, out := range outputs {
		if err := out.writeZeros(); err != nil {
			return nil, err
		}
	}
	result := &Result{}
	for _, s := range r.sizings {
		size := s.sum()
		result.Sizes = append(result.Sizes, size)
		if warning := s.warning(size); warning != nil {
			result.Warnings = append(result.Warnings, warning)
		}
	}
	result.Deviations, result.Unmeasured = r.measures.results(r.graph)
	for _, s := range r.sizings {
		for i, cut := range s.cuts {
			at := slices.IndexFunc(result.Deviations, func(d StageDeviation) bool { return d.Stage == cut.ID && d.Kind == stages.Truncation })
			if at >= 0 {
				result.Deviations[at].Kept = s.kept(i)
			}
		}
	}
	result.Warnings = append(result.Warnings, r.measures.warnings(r.graph)...)
	result.Ranks = r.chosenRanks()
	for _, out := range outputs {
		if err := r.finish(ctx, out, result); err != nil {
			return nil, err
		}
	}
	for _, out := range outputs {
		done, err := out.commit()
		if err != nil {
			return nil, err
		}
		result.Outputs = append(result.Outputs, done)
		if done.Clamped > 0 {
			result.Warnings = append(result.Warnings, fmt.Errorf("stage %q: %s beyond the dtype %s clamped", done.Stage, printable.Count(done.Clamped, "value"), printable.Choose(done.Clamped, "was", "were")))
		}
	}
	if result.LockChanges, result.LockKept, err = r.lock.write(); err != nil {
		result.Warnings, err = append(result.Warnings, err), nil
	}
	return result, nil
}

// compute fills the outputs and hashes the inputs, in parallel.
func (r *run) compute(ctx context.Context, outputs []*output) error {
	byNode, targets, sizings, watchings := make(map[*node]*output), []*node(nil), make(map[*node]*sizing), make(map[*node]*watching)
	for _, s := range r.sizings {
		targets, sizings[s.node] = append(targets, s.node), s
	}
	for _, w := range r.graph.watchings() {
		targets, watchings[w.node] = append(targets, w.node), w
	}
	for _, out := range outputs {
		targets, byNode[out.node] = append(targets, out.node), out
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		if err := r.checkInputs(ctx); err != nil {
			return err
		}
		return r.describe(outputs)
	})
	group.Go(func() error {
		return r.each(ctx, targets, false, func(n *node, site recipe.Site, in []stages.Value) error {
			if s := sizings[n]; s != nil {
				s.observe(ctx, site, in)
				if err := ctx.Err(); err != nil {
					return err
				}
				return s.keep(ctx, r, site)
			}
			if w := watchings[n]; w != nil {
				w.observe(&r.measures, site, in)
				return nil
			}
			return byNode[n].write(site.Module, in[0][0])
		})
	})
	return group.Wait()
}

// checkInputs hashes the inputs, unless their hashes were known from the start.
func (r *run) checkInputs(ctx context.Context) error {
	if r.lock.now != nil {
		return nil
	}
	inputs, err := r.plan.Inputs(ctx, r.options.Hashes, r.options.Jobs)
	if err != nil {
		return err
	}
	return r.lock.check(inputs)
}

// describe gives the outputs the metadata that names the inputs.
func (r *run) describe(outputs []*output) error {
	for _, out := range outputs {
		if err := out.weights.Describe(r.metadata(out.node, r.lock.inputs, r.lock.digests.Outputs[out.node.ID])); err != nil {
			return err
		}
	}
	return nil
}

// metadata is that of the plan as it was asked for, before surveys.
func (r *run) metadata(n *node, inputs []plan.Input, key digest.Digest) map[string]string {
	return r.plan.Metadata(r.plan.Nodes[n.Index], inputs, key)
}

func (r *run) openAll() ([]*output, error) {
	var all []*output
	for _, n := range r.graph.sinks() {
		out, err := r.open(n)
		if err != nil {
			return all, err
		}
		all = append(all, out)
	}
	return all, nil
}

func abortAll(outputs []*output) error {
	var all *multierror.Error
	for _, out := range outputs {
		all = multierror.Append(all, out.abort())
	}
	return all.ErrorOrNil()
}

// open stages the folder, writes its configuration and lays out its weights, with
// metadata whose hashes are placeholders until the inputs have been read.
func (r *run) open(n *node) (_ *output, err error) {
	out := &output{node: n, target: r.options.Redirect(n.Op.(stages.Sink).Target()), modules: n.Out.Members[0].Modules}
	if err := outdir.Sweep(out.target); err != nil {
		return nil, err
	}
	if out.dir, err = outdir.Stage(out.target); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = multierror.Append(err, out.abort()).ErrorOrNil()
		}
	}()
	config, err := r.config(n, out.modules)
	if err != nil {
		return nil, err
	}
	if err := out.dir.WriteFile(adapter.ConfigFile, config); err != nil {
		return nil, err
	}
	if err := out.dir.WriteFile(adapter.RecipeFile, r.plan.Recipe.Source); err != nil {
		return nil, err
	}
	placeholder := r.metadata(n, r.plan.Unhashed(), digest.Digest{})
	if out.weights, err = adapter.CreateWeights(out.dir.Path(adapter.WeightsFile), out.modules, placeholder); err != nil {
		return nil, err
	}
	out.weights.Clamp = n.Op.(stages.Sink).Clamps()
	return out, nil
}

// config is the text of adapter_config.json.
func (r *run) config(n *node, modules []*adapter.Module) ([]byte, error) {
	return adapter.MergedConfig(n.Out.Sources, modules, r.plan.Base(&n.Node)).JSON()
}

// write puts one module's tensors at their places.
func (o *output) write(module string, part stages.Part) error {
	m, _ := stages.Member{Modules: o.modules}.Find(module)
	if part.Raw != nil {
		return o.weights.WriteRaw(m, 0, part.Raw)
	}
	for i, tensor := range part.Tensors() {
		if err := o.weights.Write(m, i, tensor.Data); err != nil {
			return o.explain(err)
		}
	}
	return nil
}

// writeZeros writes the modules that the save has added to what flows in.
func (o *output) writeZeros() error {
	flows := o.node.In[0].Members[0]
	for _, m := range o.modules {
		if _, ok := flows.Find(m.Name); ok {
			continue
		}
		for i, tensor := range m.Tensors() {
			if err := o.weights.Write(m, i, make([]float32, tensor.Elements())); err != nil {
				return err
			}
		}
	}
	return nil
}

// explain gives an overflow its place in the recipe and a remedy.
func (o *output) explain(err error) error {
	if _, ok := err.(*fault.Fault); !ok {
		return err
	}
	return fault.At(o.node.Position, "a value is too large to save").Because(err).
		Mend("save with `dtype: float32` or bfloat16, check the weights and scales of the stages before it, or limit it with `clamp: true`").See("too-large")
}

// finish completes the staged folder, with a card that tells what the result does, and holds it
// to the lock.
func (r *run) finish(ctx context.Context, out *output, result *Result) error {
	if err := out.weights.Close(); err != nil {
		return err
	}
	weights := digest.Digest(out.weights.SHA256())
	out.rounding = out.weights.Rounding(out.modules)
	out.clamped, out.weights = out.weights.Clamped(), nil
	card := card(r.plan, &out.node.Node, r.options.Version, r.plan.Nodes[out.node.Index].LeadingIn(r.lock.inputs), result, out.rounding)
	if err := out.dir.WriteFile(adapter.CardFile, card); err != nil {
		return err
	}
	if err := out.copyCarried(ctx, r.options.Hashes, r.lock.inputs); err != nil {
		return err
	}
	config, err := r.options.Hashes.Hash(ctx, out.dir.Path(adapter.ConfigFile))
	if err != nil {
		return err
	}
	return r.lock.record(&out.node.Node, weights, config)
}

func (o *output) commit() (Output, error) {
	info, err := os.Stat(o.dir.Path(adapter.WeightsFile))
	if err != nil {
		return Output{}, err
	}
	if err := o.dir.Commit(); err != nil {
		return Output{}, err
	}
	return Output{Stage: o.node.ID, Path: o.target, Modules: len(o.modules), Bytes: info.Size(), Clamped: o.clamped, Rounding: o.rounding}, nil
}

func (o *output) abort() error {
	var all *multierror.Error
	if o.weights != nil {
		all = multierror.Append(all, o.weights.Abort())
	}
	return multierror.Append(all, o.dir.Abort()).ErrorOrNil()
}
