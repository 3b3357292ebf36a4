package report

import (
	"context"
	"math"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/lowrank"
	"github.com/loramerge/loramerge/internal/printable"
	"github.com/loramerge/loramerge/internal/reportpage"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
	"github.com/loramerge/loramerge/stages"
)

// measure works out the figures that need the inputs and the output alone, several
// modules in parallel.
func (r *reporting) measure(ctx context.Context) error {
	pairs, whole := r.pairs()
	if whole > 0 {
		r.note("%s (heads, biases, embeddings) %s absolute, not %s, and %s no part in the figures", printable.Count(whole, "whole tensor"), printable.Choose(whole, "is", "are"), printable.Choose(whole, "a change", "changes"), printable.Choose(whole, "has", "have"))
	}
	r.data.Modules = r.placeModules(pairs)
	grams := make([]gramMatrix, len(pairs))
	var bytes int64
	for _, m := range pairs {
		bytes += r.stored(m)
	}
	tracker := run.NewTracker(len(pairs), bytes, false, r.options.Progress)
	budget := semaphore.NewWeighted(r.options.Memory)
	group, running := errgroup.WithContext(ctx)
	group.SetLimit(r.options.Jobs)
	for i, m := range pairs {
		cost := min(r.needs(m), r.options.Memory)
		if err := budget.Acquire(running, cost); err != nil {
			break // a module failed, or the report was cancelled
		}
		group.Go(func() (err error) {
			defer budget.Release(cost)
			if grams[i], err = r.measureModule(running, m, &r.data.Modules[i]); err == nil {
				tracker.Done(r.stored(m))
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	r.sumUp(grams)
	r.noteSample()
	return nil
}

// pairs are the output's modules that have a ΔW; the whole tensors are counted.
func (r *reporting) pairs() (pairs []*adapter.Module, whole int) {
	for i := range r.merged.Modules {
		if m := &r.merged.Modules[i]; m.Form == adapter.Whole {
			whole++
		} else {
			pairs = append(pairs, m)
		}
	}
	return pairs, whole
}

// placeModules gives every module its layer and kind.
func (r *reporting) placeModules(pairs []*adapter.Module) []reportpage.Module {
	out := make([]reportpage.Module, len(pairs))
	patterns := make(map[string]bool)
	for i, m := range pairs {
		layer, pattern := stages.LayerOf(m.Name)
		patterns[pattern] = true
		out[i] = reportpage.Module{Name: m.Name, Layer: layer, Kind: pattern, Out: m.Out(), In: m.In(), Rank: m.Rank,
			Kept: []reportpage.Kept{}, Losses: []reportpage.ModuleLoss{}}
	}
	kinds := kindsOf(patterns)
	for i := range out {
		out[i].Kind = kinds[out[i].Kind]
	}
	return out
}

// moduleOf gives an input's module that belongs to one of the output's.
func moduleOf(in *plan.Loaded, m *adapter.Module) (*adapter.Module, bool) {
	own, ok := in.Opened.Find(m.Name)
	if !ok || own.Form != m.Form || own.Out() != m.Out() || own.In() != m.In() {
		return nil, false
	}
	return own, true
}

// stored is what is read for a module, in bytes.
func (r *reporting) stored(m *adapter.Module) int64 {
	bytes := m.A.Size() + m.B.Size()
	for i := range r.inputs {
		if own, ok := moduleOf(&r.inputs[i], m); ok {
			bytes += own.A.Size() + own.B.Size()
		}
	}
	return bytes
}

// needs is the memory, in bytes, that a module's figures take: all its pairs as float32,
// which are sampled once more, and what the merged one is decomposed in.
func (r *reporting) needs(m *adapter.Module) int64 {
	elements := int64(m.A.Elements() + m.B.Elements())
	for i := range r.inputs {
		if own, ok := moduleOf(&r.inputs[i], m); ok {
			elements += int64(own.A.Elements() + own.B.Elements())
		}
	}
	return 2*4*elements + lowrank.DecomposeBytes(m.Out(), m.In(), m.Rank, 1)
}

// measureModule fills in one module, and gives the inner products of all the inputs'
// ΔW and the merged, which is the last.
func (r *reporting) measureModule(ctx context.Context, m *adapter.Module, into *reportpage.Module) (gramMatrix, error) {
	deltas, scales, present, err := r.readDeltas(m)
	if err != nil {
		return gramMatrix{}, err
	}
	g := gramOf(ctx, deltas, scales, present, len(r.inputs)+1)
	last := len(r.inputs)
	into.Norm = g.norm(last)
	into.Cosines, into.MeanCosine = g.cosines(last)
	for i := range last {
		into.Shares = append(into.Shares, reportpage.Over(g.at(i, last), g.at(last, last)))
		into.WithMerged = append(into.WithMerged, g.cosine(i, last))
	}
	for i, there := range present[:last] {
		if !there {
			into.Shares[i] = reportpage.Undefined()
		}
	}
	into.SignConflict, into.Cancelled = reportpage.Undefined(), reportpage.Undefined()
	if n := len(deltas) - 1; n > 1 {
		c := clashOf(ctx, deltas[:n], scales[:n])
		into.SignConflict, into.Cancelled, into.Seen = c.conflict(), c.cancelled(), [2]int{c.rows, c.columns}
	}
	svd, err := lowrank.Decompose(ctx, deltas[len(deltas)-1], 1)
	if err != nil {
		return gramMatrix{}, fault.Wrap(err, "%s: module %q", r.merged.Path, m.Name)
	}
	into.Spectrum = svd.S
	for i := range svd.S {
		svd.S[i] *= math.Abs(m.Scale)
	}
	return g, nil
}

// readDeltas reads the inputs that have the module, in their order, and the merged
// one last.
func (r *reporting) readDeltas(m *adapter.Module) (deltas []lowrank.Product, scales []float64, present []bool, err error) {
	present = make([]bool, len(r.inputs)+1)
	for i := range present {
		from, own, ok := r.merged, m, true
		if i < len(r.inputs) {
			from = r.inputs[i].Opened
			own, ok = moduleOf(&r.inputs[i], m)
		}
		if !ok {
			continue
		}
		delta, err := from.Pair(own)
		if err != nil {
			return nil, nil, nil, err
		}
		deltas, scales, present[i] = append(deltas, delta), append(scales, own.Scale), true
	}
	return deltas, scales, present, nil
}

// sumUp takes the figures over all modules, in their order.
func (r *reporting) sumUp(grams []gramMatrix) {
	last := len(r.inputs)
	total := gramMatrix{n: last + 1, x: make([]float64, (last+1)*(last+1)), present: make([]bool, last+1)}
	for _, g := range grams {
		total.add(g)
		for i := range last {
			if g.present[i] {
				r.data.Adapters[i].Modules++
			}
		}
	}
	r.data.Norm = total.norm(last)
	r.data.Cosines, _ = total.cosines(last)
	for i := range last {
		a := &r.data.Adapters[i]
		a.Norm, a.Share, a.Cosine = total.norm(i), reportpage.Over(total.at(i, last), total.at(last, last)), total.cosine(i, last)
	}
}

// noteSample says where conflicts of sign are those of a sample.
func (r *reporting) noteSample() {
	sampled := 0
	for _, m := range r.data.Modules {
		if seen := m.Seen[0] * m.Seen[1]; seen > 0 && seen < m.Out*m.In {
			sampled++
		}
	}
	if sampled > 0 {
		r.note("sign conflict and what a plain sum cancels were counted on a fixed sample of at most %d rows and columns in %s; all else is exact", sampleSide, printable.Count(sampled, "large module"))
	}
}
