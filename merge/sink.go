package merge

import (
	"context"
	"errors"
	"maps"
	"os"
	"slices"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/outdir"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// output is a folder under construction.
type output struct {
	node    *Node
	target  string
	dir     *outdir.Dir
	weights *adapter.Writer
	modules []*adapter.Module
}

// save computes every module of every sink and puts the folders in place.
func (r *run) save(ctx context.Context) (*Result, error) {
	outputs := make(map[*Node]*output)
	abort := func(err error) error {
		for _, n := range r.plan.Nodes {
			if out := outputs[n]; out != nil {
				err = multierror.Append(err, out.abort()).ErrorOrNil()
			}
		}
		return err
	}
	for _, n := range r.plan.sinks() {
		out, err := r.open(n)
		if err != nil {
			return nil, abort(err)
		}
		outputs[n] = out
	}
	err := r.each(ctx, r.plan.sinks(), false, func(n *Node, site recipe.Site, in []stages.Value) error {
		return outputs[n].write(site.Module, in[0][0])
	})
	if err != nil {
		return nil, abort(err)
	}
	result := &Result{}
	for _, n := range slices.SortedFunc(maps.Keys(outputs), func(x, y *Node) int { return x.index - y.index }) {
		done, err := outputs[n].commit()
		if err != nil {
			return nil, abort(err)
		}
		result.Outputs = append(result.Outputs, done)
	}
	return result, nil
}

// open stages the folder, writes its configuration and lays out its weights.
func (r *run) open(n *Node) (_ *output, err error) {
	out := &output{node: n, target: n.stage.(stages.Sink).Target(), modules: n.Out.Members[0].Modules}
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
	config, err := adapter.MergedConfig(n.Out.Sources, out.modules, r.plan.base(n))
	if err != nil {
		return nil, err
	}
	if err := out.dir.WriteFile(adapter.ConfigFile, config); err != nil {
		return nil, err
	}
	metadata := map[string]string{"format": "pt", adapter.MadeBy: r.options.Version}
	out.weights, err = adapter.CreateWeights(out.dir.Path(adapter.WeightsFile), out.modules, metadata)
	return out, err
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

// explain gives an overflow its place in the recipe and a remedy.
func (o *output) explain(err error) error {
	if _, ok := errors.AsType[*adapter.OverflowError](err); !ok {
		return err
	}
	return &recipe.Mistake{Position: o.node.Position, Text: "a value is too large to save", Cause: err,
		Remedy: "save with `dtype: float32` or bfloat16, or look at the weights and scales of the stages before"}
}

func (o *output) commit() (Output, error) {
	if err := o.weights.Close(); err != nil {
		return Output{}, err
	}
	o.weights = nil
	info, err := os.Stat(o.dir.Path(adapter.WeightsFile))
	if err != nil {
		return Output{}, err
	}
	if err := o.dir.Commit(); err != nil {
		return Output{}, err
	}
	return Output{Stage: o.node.Name, Path: o.target, Modules: len(o.modules), Bytes: info.Size()}, nil
}

func (o *output) abort() error {
	var all *multierror.Error
	if o.weights != nil {
		all = multierror.Append(all, o.weights.Abort())
	}
	return multierror.Append(all, o.dir.Abort()).ErrorOrNil()
}
