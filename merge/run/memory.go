package run

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/stages"
)

const (
	// overhead is what the program itself takes, and a little garbage between collections.
	overhead = 44 << 20
	// perModule is what a run holds of one module of one adapter that it loads or saves: its share of
	// the header's text, two tensors, a copy for each stage that changes them, and what it notes of each,
	// such as places and hashes.
	perModule = 1280
)

// Summary describes the plan; the peak is that of a run with these options.
func Summary(p *plan.Plan, options Options) plan.Summary {
	s := p.Summary()
	s.Peak = Peak(p, options)
	return s
}

// Peak is the memory, in bytes, that the process takes at most in a run with these
// options: its own, the plan's, and that of the heaviest modules which may be under
// way together.
func Peak(p *plan.Plan, options Options) int64 {
	options = options.Filled()
	g := newGraph(p)
	stacks := g.stackMemory(options.Jobs)
	options.Memory -= min(stacks, options.Memory-1)
	all := passes(g, options, plan.Digests{})
	beside := int64(workers(all, options)-1) * stages.PerWorker
	slices.SortFunc(all, func(x, y work) int { return cmp.Compare(y.memory, x.memory) })
	var modules int64
	for i, w := range all[:min(options.Jobs, len(all))] {
		if modules+w.memory > options.Memory && i > 0 {
			modules = options.Memory
			break
		}
		modules += w.memory + beside
	}
	return overhead + planMemory(p) + stacks + modules
}

// stackMemory is what stacks of experts take that are held until all their experts are read, or
// written.
func (g *graph) stackMemory(jobs int) int64 {
	var bytes int64
	for _, n := range g.nodes {
		if source, ok := n.Op.(stages.Source); ok {
			for _, from := range source.Adapters() {
				bytes += from.HeldBytes()
			}
		}
		if _, ok := n.Op.(stages.Sink); ok {
			bytes += adapter.WaitingBytes(n.Out.Members[0].Modules, jobs)
		}
	}
	return bytes
}

// planMemory is what the plan itself takes.
func planMemory(p *plan.Plan) int64 {
	var modules int64
	for _, n := range p.Nodes {
		_, source := n.Op.(stages.Source)
		_, sink := n.Op.(stages.Sink)
		if source || sink {
			for _, member := range n.Out.Members {
				modules += int64(len(member.Modules))
			}
		}
	}
	return perModule * modules
}

// Fits refuses a plan of which a single module takes more memory than a run with
// these options may hold. The Fault names the module, and the stage that is at work
// when it takes the most.
func Fits(p *plan.Plan, options Options) error {
	return fits(newGraph(p), options.Filled(), plan.Digests{})
}

func fits(g *graph, options Options, digests plan.Digests) error {
	stacks := g.stackMemory(options.Jobs)
	all := passes(g, options, digests)
	if len(all) == 0 {
		return nil
	}
	most := slices.MaxFunc(all, func(x, y work) int { return cmp.Compare(x.memory, y.memory) })
	if most.memory+stacks <= options.Memory {
		return nil
	}
	beside := ""
	if stacks > 0 {
		beside = fmt.Sprintf(" beside %s MB of stacked experts", figure(stacks))
	}
	return fault.At(most.worst.Position, "module %q takes %s MB at once%s, and the modules in progress may take %s MB", most.site.Module, figure(most.memory), beside, figure(options.Memory)).
		Mend("give the run more with --memory " + megabytes((most.memory+stacks)*int64(max(1, options.Beside)))).See("memory")
}

// megabytes are rounded up, so that what is asked for suffices.
func megabytes(bytes int64) string { return fmt.Sprintf("%dMB", (bytes+999_999)/1_000_000) }

// figure is a number of megabytes with the digits that a reader wants.
func figure(bytes int64) string {
	mega := float64(bytes) / 1e6
	if mega < 1000 {
		return fmt.Sprintf("%.3g", mega)
	}
	return fmt.Sprintf("%.0f", mega)
}

// passes is all the work of a run: the surveys, then the outputs. It changes the graph.
func passes(g *graph, options Options, digests plan.Digests) []work {
	g.contrast(options.Measure)
	var all []work
	for n := range g.surveyors() {
		all = append(all, g.workOf([]*node{n}, true)...)
	}
	crossed, _ := g.crossed(options.Measure)
	g.fuse(g.worthKeeping(options, digests), crossed)
	targets := slices.Concat(g.sinks(), g.showing())
	for _, s := range g.sizings(options.Measure) {
		targets = append(targets, s.at)
	}
	for _, w := range g.watchings() {
		targets = append(targets, w.at)
	}
	return append(all, g.workOf(targets, false)...)
}
