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
	found := make([]measured, len(pairs))
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
			if found[i], err = r.measureModule(running, m, &r.data.Modules[i]); err == nil {
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
	r.sumUp(found)
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

// measured is what one module adds to the figures over all of them. Lists are by input.
type measured struct {
	gram            gramMatrix // of the inputs' ΔW and the merged, which is the last
	kept, own       []float64  // ‖P_B·ΔWᵢ·P_A‖² and ‖ΔWᵢ‖²
	against, signed []float64  // elements, of a sample those that it stands for
}

// measureModule fills in one module.
func (r *reporting) measureModule(ctx context.Context, m *adapter.Module, into *reportpage.Module) (measured, error) {
	deltas, scales, present, err := r.readDeltas(m)
	if err != nil {
		return measured{}, err
	}
	g := gramOf(ctx, deltas, scales, present, len(r.inputs)+1)
	last := len(r.inputs)
	all := measured{gram: g, kept: make([]float64, last), own: make([]float64, last), against: make([]float64, last), signed: make([]float64, last)}
	merged, inputs := deltas[len(deltas)-1], deltas[:len(deltas)-1]
	svd, err := lowrank.Decompose(ctx, merged, 1)
	if err != nil {
		return measured{}, fault.Wrap(err, "%s: module %q", r.merged.Path, m.Name)
	}
	// A merge that was not cut has the factors of its inputs side by side, which are not orthogonal.
	kept, own := lowrank.Projected(ctx, svd.Truncate(m.Rank), inputs)
	for k, i := range places(present[:last]) {
		all.kept[i], all.own[i] = scales[k]*scales[k]*kept[k], scales[k]*scales[k]*own[k]
	}
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
	if len(inputs) > 1 {
		c := clashOf(ctx, inputs, scales[:len(inputs)])
		into.SignConflict, into.Cancelled, into.Seen = c.conflict(), c.cancelled(), [2]int{c.rows, c.columns}
		stretch := float64(m.Out()) * float64(m.In()) / float64(c.rows*c.columns)
		for k, i := range places(present[:last]) {
			all.against[i], all.signed[i] = stretch*float64(c.against[k]), stretch*float64(c.signed[k])
		}
	}
	into.Spectrum = svd.S
	for i := range svd.S {
		svd.S[i] *= math.Abs(m.Scale)
	}
	return all, nil
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
func (r *reporting) sumUp(found []measured) {
	last := len(r.inputs)
	total := gramMatrix{n: last + 1, x: make([]float64, (last+1)*(last+1)), present: make([]bool, last+1)}
	sums := measured{kept: make([]float64, last), own: make([]float64, last), against: make([]float64, last), signed: make([]float64, last)}
	for _, one := range found {
		total.add(one.gram)
		for i := range last {
			if one.gram.present[i] {
				r.data.Adapters[i].Modules++
			}
			sums.kept[i], sums.own[i] = sums.kept[i]+one.kept[i], sums.own[i]+one.own[i]
			sums.against[i], sums.signed[i] = sums.against[i]+one.against[i], sums.signed[i]+one.signed[i]
		}
	}
	r.data.Norm = total.norm(last)
	for i := range last {
		a, with := &r.data.Adapters[i], total.at(i, last)
		a.Norm, a.Share = total.norm(i), reportpage.Over(with, total.at(last, last))
		a.Alignment, a.Strength = total.cosine(i, last), reportpage.Over(with, total.at(i, i))
		a.KeptByCut, a.Conflict = reportpage.Over(sums.kept[i], sums.own[i]), reportpage.Over(sums.against[i], sums.signed[i])
	}
	r.total = total
	r.data.Baselines = total.baselines(last)
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
