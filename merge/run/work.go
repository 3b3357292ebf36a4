package run

import (
	"slices"
	"sync"

	"github.com/loramerge/loramerge/internal/parallel"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// work is one module and the nodes whose inputs are wanted there.
type work struct {
	site    recipe.Site
	targets []*node
	memory  int64 // bytes of all values and scratch at the worst moment
	worst   *node // whose moment that is
	read    int64 // bytes read from the inputs
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

// workers is how many goroutines share a module where so few are in progress together,
// for want of modules or of memory, that jobs would be idle.
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

// Tracker counts what is done.
type Tracker struct {
	mu     sync.Mutex
	now    Progress
	report func(Progress)
}

// NewTracker counts modules and the bytes that are read for them. report may be nil.
func NewTracker(modules int, bytes int64, surveying bool, report func(Progress)) *Tracker {
	t := &Tracker{report: report, now: Progress{Surveying: surveying, AllModules: modules, AllBytes: bytes}}
	if report != nil {
		report(t.now)
	}
	return t
}

// Done counts a module.
func (t *Tracker) Done(bytes int64) {
	if t.report == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.now.Modules++
	t.now.Bytes += bytes
	t.report(t.now)
}
