package run

import (
	"sync"

	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/stages"
)

// effortAt is what the inputs of targets take at a module, node by node, and what the targets then do
// with them. hit says which values the cache has.
func (r *run) effortAt(w work, surveying bool, give func(*node, stages.Effort)) {
	var walk *walk
	module := w.site.Module
	walk = r.graph.walk(module, func(n *node) error {
		if r.hits.have(n, module) {
			give(n, stages.RecallingEffort(n.Out, module))
			return nil
		}
		give(n, stages.EffortOf(n.Kind, n.Op, n.In, n.Out, module))
		return walk.inputs(n)
	}, func(*node) {})
	err := walk.visit(w.targets, func(n *node) error {
		give(n, r.effortOn(n, surveying, module))
		return nil
	})
	if err != nil {
		panic("merge: efforts have no errors: " + err.Error())
	}
}

// effortOn is what a target of a pass does with its inputs.
func (r *run) effortOn(n *node, surveying bool, module string) (e stages.Effort) {
	for _, s := range r.sizings {
		if s.at != n {
			continue
		}
		for _, m := range n.In[0].At(module) {
			work := s.work(m)
			if s.measuresCuts(module) {
				work += s.cutWork(m)
			}
			e = stages.MeasuringEffort(work)
		}
		return e
	}
	if _, sink := n.Op.(stages.Sink); sink {
		return stages.WritingEffort(n.In[0], module)
	}
	if surveying {
		return stages.SurveyEffort(n.Kind, n.Op, n.In, module)
	}
	return e
}

// pace is what work of a run took beside what was expected.
type pace struct {
	mu             sync.Mutex
	expected, took stages.Effort
}

// add divides a time among the classes of the work that took it.
func (p *pace) add(e stages.Effort, nanoseconds float64) {
	total := e.Total()
	if total <= 0 || nanoseconds <= 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.expected, p.took = p.expected.Plus(e), p.took.Plus(e.Times(nanoseconds/total))
}

// expects adds work beside that of the modules, whose own time is not known: it took what was
// expected. Without it a run of unread inputs would seem slow at everything.
func (p *pace) expects(e stages.Effort) { p.add(e, e.Total()) }

// rates are what a run of so many nanoseconds has shown.
func (p *pace) rates(elapsed int64, jobs int) Rates {
	out := Rates{Classes: make(map[string]Pace), Whole: Pace{p.took.Total() / float64(jobs), float64(elapsed)}}
	for _, class := range stages.Classes() {
		if p.expected[class] > 0 {
			out.Classes[class.String()] = Pace{p.expected[class], p.took[class]}
		}
	}
	return out
}

// hits are the modules whose values are in the cache, by node.
type hits []map[string]bool

func (h hits) have(n *node, module string) bool { return n.Index < len(h) && h[n.Index][module] }

// foreseen is what a run would take.
type foreseen struct {
	cached  []plan.StageCache
	cuts    []*plan.RankCut // by node
	hits    hits
	efforts []stages.Effort // by node
}

func (f *foreseen) total() (sum stages.Effort) {
	for _, e := range f.efforts {
		sum = sum.Plus(e)
	}
	return sum
}
