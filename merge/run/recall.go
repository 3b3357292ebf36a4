package run

import (
	"context"
	"strconv"

	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/stages"
)

// recallOrCompute takes a kept node's value from the cache if it is there, and puts
// it there if not.
func (e *evaluation) recallOrCompute(ctx context.Context, n *node) (stages.Value, error) {
	keeper := &e.run.keeper
	if !keeper.kept[n.Index] {
		return e.compute(ctx, n)
	}
	key, err := e.digestOf(ctx, n)
	if err != nil {
		return nil, err
	}
	if value, ok := e.recall(n, key); ok {
		keeper.tallys[n.Index].cached.Add(1)
		return value, nil
	}
	value, err := e.compute(ctx, n)
	if err != nil {
		return nil, err
	}
	if err := e.run.leaves.unchanged(); err != nil {
		return nil, err // the value may be of other content than its digest says
	}
	stored := entry{Deviations: e.entryDeviations()}
	if pieces, ok := stored.encode(value); ok {
		keeper.put(key, pieces)
	}
	return value, nil
}

// recall reads a value, names its parts as this plan does, and reports again what was
// lost on the way to it. An entry that lacks a loss this run wants to know is a miss.
func (e *evaluation) recall(n *node, key digest.Digest) (stages.Value, bool) {
	data, ok := e.run.keeper.get(key)
	if !ok {
		return nil, false
	}
	var stored entry
	value, err := stored.decode(data, &e.run.memory)
	if err != nil || len(value) != len(n.Out.Members) {
		return nil, false
	}
	for i := range value {
		value[i].Adapter = n.Out.Members[i].Name
	}
	losses, ok := e.lossesOf(n, stored.Deviations)
	if !ok {
		return nil, false
	}
	for _, l := range losses {
		e.lose(l)
	}
	return value, true
}

// digestOf is that of a node's value at the module in progress: verb, version, resolved
// parameters, module, and the digests of the inputs' parts.
func (e *evaluation) digestOf(ctx context.Context, n *node) (digest.Digest, error) {
	if known, ok := e.digests[n]; ok {
		return known, nil
	}
	if err, known := e.undigested[n]; known {
		return digest.Digest{}, err
	}
	d := n.Basis(e.site.Module).Describe("tensor", n.HeldCode()).Text(e.site.Module, n.Params.Resolved(n.Depths.Site(e.site.Module), n.Adapters()))
	for _, slot := range n.Slots {
		parts, err := e.partDigests(ctx, slot)
		if err != nil {
			e.undigested[n] = err
			return digest.Digest{}, err
		}
		d.Digests(parts...)
	}
	key := d.Sum()
	e.digests[n] = key
	return key, nil
}

// partDigests are those of a slot's adapters. One that lacks the module has none.
func (e *evaluation) partDigests(ctx context.Context, slot plan.Slot) ([]digest.Digest, error) {
	var parts []digest.Digest
	for _, edge := range slot {
		for i, member := range edge.From.Out.Members {
			if edge.Adapter != "" && edge.Adapter != member.Name {
				continue
			}
			var part digest.Digest
			if _, ok := member.Find(e.site.Module); ok {
				var err error
				if part, err = e.partDigest(ctx, e.run.graph.from(edge), i); err != nil {
					return nil, err
				}
			}
			parts = append(parts, part)
		}
	}
	return parts, nil
}

func (e *evaluation) partDigest(ctx context.Context, n *node, i int) (digest.Digest, error) {
	if source, ok := n.Op.(stages.Source); ok {
		return e.run.leaves.digestOf(ctx, source.Adapters()[i], e.site.Module)
	}
	whole, err := e.digestOf(ctx, n)
	return digest.Describe("part").Digests(whole).Text(strconv.Itoa(i)).Sum(), err
}

// entryDeviations are the losses so far, of stages whose results have digests.
func (e *evaluation) entryDeviations() []entryDeviation {
	var out []entryDeviation
	for _, l := range e.losses {
		key, known := e.digests[l.node]
		for i, member := range l.node.Out.Members {
			if known && member.Name == l.Adapter {
				out = append(out, entryDeviation{key, l.Kind, i, l.Lost, l.Norm})
			}
		}
	}
	return out
}

// lossesOf gives the stages of this plan what an entry says was lost. It is not
// complete if a stage before n has its cross terms measured in this run only.
func (e *evaluation) lossesOf(n *node, stored []entryDeviation) ([]loss, bool) {
	var losses []loss
	reported := make(map[*node]bool)
	for node, key := range e.digests {
		for _, d := range stored {
			if d.Result == key && d.Part >= 0 && d.Part < len(node.Out.Members) {
				reported[node] = true
				losses = append(losses, loss{node, stages.Deviation{Kind: d.Kind, Adapter: node.Out.Members[d.Part].Name, Module: e.site.Module, Lost: d.Lost, Norm: d.Norm}})
			}
		}
	}
	return losses, e.allReported(n, reported)
}

// allReported reports whether every stage up to n whose cross terms this run measures is among
// those reported.
func (e *evaluation) allReported(n *node, reported map[*node]bool) bool {
	if e.run.measures.crossed[n.Index] && !reported[n] {
		return false
	}
	for _, edge := range n.Edges() {
		if edge.From.Has(e.site.Module) && !e.allReported(e.run.graph.from(edge), reported) {
			return false
		}
	}
	return true
}
