package run

import (
	"slices"

	"github.com/loramerge/loramerge/internal/parallel"
	"github.com/loramerge/loramerge/merge/plan"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// work is one module and the nodes whose inputs are wanted there.
type work struct {
	site    recipe.Site
	targets []*node
	memory  int64   // bytes of all values and scratch at the worst moment
	worst   *node   // whose moment that is
	read    int64   // bytes read from the inputs
	effort  float64 // nanoseconds of one core, as far as they are foreseen
}

// workOf lists the modules of the targets' inputs, in order of their names. A survey
// looks at changes only: whole tensors are left out.
func (g *graph) workOf(targets []*node, pairsOnly bool) []work {
	byModule := make(map[string][]*node)
	for _, n := range targets {
		for _, name := range n.In[0].Union() {
			byModule[name] = append(byModule[name], n)
		}
	}
	names := make([]string, 0, len(byModule))
	for name := range byModule {
		names = append(names, name)
	}
	slices.Sort(names)
	var all []work
	for _, site := range stages.Sites(names) {
		w := work{site: site, targets: byModule[site.Module]}
		if pairsOnly && isWhole(w.targets[0].In[0], site.Module) {
			continue
		}
		all = append(all, w)
	}
	parallel.Each(len(all), func(i int) {
		w := &all[i]
		costs := g.usageOf(w.targets, w.site.Module)
		w.memory, w.worst, w.read = costs.most, costs.heaviest, costs.read
	})
	return all
}

// workers is how many goroutines share a module when so few modules are in progress together,
// for lack of modules or of memory, that some jobs would be idle.
func workers(all []work, options Options) int {
	together := int64(min(options.Jobs, len(all)))
	for _, w := range all {
		together = min(together, max(1, options.Memory/max(1, w.memory)))
	}
	return options.Jobs / int(max(1, together))
}

func isWhole(t stages.Type, module string) bool {
	for _, m := range t.At(module) {
		return m.Form == adapter.Whole
	}
	return false
}

// usage is what one module needs on its way through a graph.
type usage struct {
	held, most int64 // bytes of values and scratch: now, and at the worst moment
	heaviest   *node // whose moment that is
	read       int64 // bytes read from the inputs
}

// usageOf follows one module through a graph without computing. A target's scratch counts
// too: a survey works on its inputs as the stage itself does.
func (g *graph) usageOf(targets []*node, module string) *usage {
	c := &usage{}
	made := make([]int64, len(g.nodes))
	var w *walk
	w = g.walk(module, func(n *node) error {
		if err := w.inputs(n); err != nil {
			return err
		}
		if _, ok := n.Op.(stages.Source); ok {
			c.read += plan.StoredBytes(n.Out, module)
		}
		made[n.Index] = n.Out.Bytes(module)
		c.add(n, module, made[n.Index])
		return nil
	}, func(n *node) { c.held -= made[n.Index] })
	if err := w.visit(targets, func(n *node) error { c.add(n, module, 0); return nil }); err != nil {
		panic("merge: sizes have no errors: " + err.Error())
	}
	return c
}

// add counts what a stage makes, and for the moment what it makes that in.
func (c *usage) add(n *node, module string, made int64) {
	var scratch int64
	if s, ok := n.Op.(stages.Scratcher); ok {
		scratch = s.Scratch(module)
	}
	c.held += made
	if now := c.held + scratch; now > c.most {
		c.most, c.heaviest = now, n
	}
}
