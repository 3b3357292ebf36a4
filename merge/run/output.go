package run

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/hashicorp/go-multierror"
	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/osfile"
	"github.com/loramerge/loramerge/internal/outdir"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/stages"
)

// output is a folder under construction.
type output struct {
	node     *node
	target   string
	dir      *outdir.Dir
	layout   *adapter.Layout
	weights  *adapter.Writer
	modules  []*adapter.Module
	clamped  int64
	rounding float64
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
	if out.layout, err = n.Op.(stages.Sink).Layout(n.Out, r.plan.Base(&n.Node)); err != nil {
		return nil, err
	}
	if name := out.layout.Names.Config; name != "" {
		if err := out.dir.WriteFile(name, out.layout.Config); err != nil {
			return nil, err
		}
	}
	if err := out.dir.WriteFile(adapter.RecipeFile, r.plan.Recipe.Source); err != nil {
		return nil, err
	}
	placeholder := r.metadata(n, r.plan.Unhashed(), digest.Digest{})
	if out.weights, err = out.layout.Create(out.dir.Path(out.layout.Names.Weights), placeholder); err != nil {
		return nil, err
	}
	out.weights.Clamp = n.Op.(stages.Sink).Clamps()
	return out, nil
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

// finish completes the staged folder with the model card, and compares it with the lock.
func (r *run) finish(ctx context.Context, out *output, result *Result) error {
	if err := out.weights.Close(); err != nil {
		return err
	}
	weights := digest.Digest(out.weights.SHA256())
	out.rounding = out.weights.Rounding(out.modules)
	out.clamped, out.weights = out.weights.Clamped(), nil
	card := card(r.plan, out, r.options.Version, r.plan.Nodes[out.node.Index].LeadingIn(r.lock.inputs), result)
	if err := out.dir.WriteFile(adapter.CardFile, card); err != nil {
		return err
	}
	if err := out.copyCarried(ctx, r.options.Hashes, r.lock.inputs); err != nil {
		return err
	}
	return r.lock.record(&out.node.Node, weights, out.layout)
}

func (o *output) commit() (Output, error) {
	info, err := os.Stat(o.dir.Path(o.layout.Names.Weights))
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

// copyCarried copies a save's files. One that is not what was hashed has changed meanwhile.
func (o *output) copyCarried(ctx context.Context, hashes plan.Hashes, inputs []plan.Input) error {
	for _, c := range o.node.Carries {
		to := o.dir.Path(c.Name)
		if err := copyFile(ctx, to, c.Path()); err != nil {
			return err
		}
		got, err := hashes.Hash(ctx, to)
		if err != nil {
			return err
		}
		if got != c.Hash(inputs) {
			return fault.In(c.Path(), "changed while it was copied").Mend("don't change it until the run has ended, and run again")
		}
	}
	return nil
}

func copyFile(ctx context.Context, to, from string) error {
	in, err := osfile.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, plan.ContextReader{Ctx: ctx, Reader: in})
	return errors.Join(err, out.Close())
}

// metadata is that of the plan as it was asked for, before surveys.
func (r *run) metadata(n *node, inputs []plan.Input, key digest.Digest) map[string]string {
	return r.plan.Metadata(r.plan.Nodes[n.Index], inputs, key)
}
