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
func (c *computation) recallOrCompute(ctx context.Context, n *node) (stages.Value, error) {
	keeper := &c.run.keeper
	if !keeper.kept[n.Index] {
		return c.compute(ctx, n)
	}
	key, err := c.digestOf(ctx, n)
	if err != nil {
		return nil, err
	}
	if value, ok := c.recall(n, key); ok {
		keeper.tallys[n.Index].cached.Add(1)
		return value, nil
	}
	value, err := c.compute(ctx, n)
	if err != nil {
		return nil, err
	}
	if err := c.run.leaves.unchanged(); err != nil {
		return nil, err // the value may be of other content than its digest says
	}
	stored := entry{Deviations: c.entryDeviations()}
	if pieces, ok := stored.encode(value); ok {
		keeper.put(key, pieces)
	}
	return value, nil
}

// recall reads a value, names its parts as this plan does, and reports again what was
// lost on the way to it. An entry that lacks a loss this run wants to know is a miss.
func (c *computation) recall(n *node, key digest.Digest) (stages.Value, bool) {
	data, ok := c.run.keeper.get(key)
	if !ok {
		return nil, false
	}
	var stored entry
	value, err := stored.decode(data, &c.run.memory)
	if err != nil || len(value) != len(n.Out.Members) {
		return nil, false
	}
	for i := range value {
		value[i].Adapter = n.Out.Members[i].Name
	}
	losses, ok := c.lossesOf(n, stored.Deviations)
	if !ok {
		return nil, false
	}
	for _, l := range losses {
		c.lose(l)
	}
	return value, true
}

// digestOf is that of a node's value at the module in progress: verb, version, resolved
// parameters, module, and the digests of the inputs' parts.
func (c *computation) digestOf(ctx context.Context, n *node) (digest.Digest, error) {
	if known, ok := c.digests[n]; ok {
		return known, nil
	}
	if err, known := c.undigested[n]; known {
		return digest.Digest{}, err
	}
	d := n.Basis(c.site.Module).Describe("tensor", n.HeldCode()).Text(c.site.Module, n.Params.Resolved(n.Depths.Site(c.site.Module), n.Adapters()))
	for _, slot := range n.Slots {
		parts, err := c.partDigests(ctx, slot)
		if err != nil {
			c.undigested[n] = err
			return digest.Digest{}, err
		}
		d.Digests(parts...)
	}
	key := d.Sum()
	c.digests[n] = key
	return key, nil
}

// partDigests are those of a slot's adapters. One that lacks the module has none.
func (c *computation) partDigests(ctx context.Context, slot plan.Slot) ([]digest.Digest, error) {
	var parts []digest.Digest
	for _, edge := range slot {
		for i, member := range edge.From.Out.Members {
			if edge.Adapter != "" && edge.Adapter != member.Name {
				continue
			}
			var part digest.Digest
			if _, ok := member.Find(c.site.Module); ok {
				var err error
				if part, err = c.partDigest(ctx, c.run.graph.from(edge), i); err != nil {
					return nil, err
				}
			}
			parts = append(parts, part)
		}
	}
	return parts, nil
}

func (c *computation) partDigest(ctx context.Context, n *node, i int) (digest.Digest, error) {
	if source, ok := n.Op.(stages.Source); ok {
		return c.run.leaves.digestOf(ctx, source.Adapters()[i], c.site.Module)
	}
	whole, err := c.digestOf(ctx, n)
	return digest.Describe("part").Digests(whole).Text(strconv.Itoa(i)).Sum(), err
}

// entryDeviations are the losses so far, of stages whose results have digests.
func (c *computation) entryDeviations() []entryDeviation {
	var out []entryDeviation
	for _, l := range c.losses {
		key, known := c.digests[l.node]
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
func (c *computation) lossesOf(n *node, stored []entryDeviation) ([]loss, bool) {
	var losses []loss
	reported := make(map[*node]bool)
	for node, key := range c.digests {
		for _, d := range stored {
			if d.Result == key && d.Part >= 0 && d.Part < len(node.Out.Members) {
				reported[node] = true
				losses = append(losses, loss{node, stages.Deviation{Kind: d.Kind, Adapter: node.Out.Members[d.Part].Name, Module: c.site.Module, Lost: d.Lost, Norm: d.Norm}})
			}
		}
	}
	return losses, c.allReported(n, reported)
}

// allReported reports whether every stage up to n whose cross terms this run measures is among
// those reported.
func (c *computation) allReported(n *node, reported map[*node]bool) bool {
	if c.run.measures.crossed[n.Index] && !reported[n] {
		return false
	}
	for _, edge := range n.Edges() {
		if edge.From.Has(c.site.Module) && !c.allReported(c.run.graph.from(edge), reported) {
			return false
		}
	}
	return true
}
