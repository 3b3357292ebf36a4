package run

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/stages"
)

// cheapWork is the number of multiplications, about a tenth of a second's, up to
// which cross terms are measured unasked.
const cheapWork = 2e9

// StageDeviation is what a stage lost over all modules.
type StageDeviation struct {
	Stage   string               `json:"stage"`
	Verb    string               `json:"verb"`
	Kind    stages.DeviationKind `json:"kind"`
	Error   float64              `json:"relative_error"`    // ‖result − meant‖ / ‖meant‖, over all modules
	Share   float64              `json:"share_lost"`        // its square
	Modules []ModuleDeviation    `json:"modules"`           // the worst first
	Steps   []string             `json:"steps,omitempty"`   // of kind Steps, the verbs done on A and B apart
	Kept    []AdapterShare       `json:"kept,omitempty"`    // of kind Truncation: of each adapter of the merge that was cut
	Redrawn bool                 `json:"redrawn,omitempty"` // one of them draws at random, and draws anew on ΔW
}

// AdapterShare is the share of an adapter's own ‖ΔW‖² that lies in the row and column spaces
// of what a cut has kept.
type AdapterShare struct {
	Adapter string  `json:"adapter"`
	Share   float64 `json:"share"`
}

// ModuleDeviation is what a stage lost at one module.
type ModuleDeviation struct {
	Adapter string  `json:"adapter"`
	Module  string  `json:"module"`
	Error   float64 `json:"relative_error"`
}

// lossAt is where something is lost: at a node's index, once for each adapter and module.
type lossAt struct {
	node            int
	adapter, module string
}

// measures gathers deviations, which come in any order.
type measures struct {
	mu      sync.Mutex
	on      bool
	crossed map[int]bool // nodes whose cross terms are measured
	skipped []string
	found   map[lossAt]stages.Deviation
}

func (m *measures) begin(g *graph, how Measure) {
	m.on = how != MeasureNone
	m.crossed, m.skipped = g.crossed(how)
}

// crossed decides which nodes have their cross terms measured, and which would be
// too slow to measure.
func (g *graph) crossed(how Measure) (measured map[int]bool, skipped []string) {
	measured = make(map[int]bool)
	for _, n := range g.nodes {
		combination, ok := n.Op.(stages.Linear)
		switch {
		case how == MeasureNone || !ok || !combination.IsLinear() || !n.Crosses():
		case how == MeasureAll || crossWork(n) <= cheapWork:
			measured[n.Index] = true
		default:
			skipped = append(skipped, n.ID)
		}
	}
	return measured, skipped
}

// crossWork is the number of multiplications for all Gram matrices of a node.
func crossWork(n *node) float64 {
	count, work := float64(len(n.In[0].Members)+1), 0.0
	for _, m := range n.Out.Members[0].Modules {
		if m.Form != adapter.Whole {
			work += count * count / 2 * float64(m.Rank) * float64(m.Rank) * float64(m.Out()+m.In())
		}
	}
	return work
}

// loss is what one node reports at one module.
type loss struct {
	node *node
	stages.Deviation
}

// add takes a loss in, once for each adapter and module.
func (m *measures) add(l loss) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := lossAt{l.node.Index, l.Adapter, l.Module}
	if _, known := m.found[at]; !known {
		m.found[at] = l.Deviation
	}
}

// results sums up, in the order of the modules.
func (m *measures) results(g *graph) ([]StageDeviation, []string) {
	byNode := make(map[int][]stages.Deviation)
	for at, d := range m.found {
		if d.Kind.Warns() {
			continue
		}
		byNode[at.node] = append(byNode[at.node], d)
	}
	var all []StageDeviation
	for _, n := range g.nodes {
		if found := byNode[n.Index]; len(found) > 0 {
			d := deviationOf(n, found)
			for _, c := range g.contrasts {
				if c.merge == n {
					d.Steps, d.Redrawn = c.steps, c.random
				}
			}
			all = append(all, d)
		}
	}
	return all, m.skipped
}

// warnings are what the stages reported that is no loss.
func (m *measures) warnings(g *graph) []error {
	byNode := make(map[int]map[stages.DeviationKind][]stages.Deviation)
	for at, d := range m.found {
		if d.Kind.Warns() {
			if byNode[at.node] == nil {
				byNode[at.node] = make(map[stages.DeviationKind][]stages.Deviation)
			}
			byNode[at.node][d.Kind] = append(byNode[at.node][d.Kind], d)
		}
	}
	var all []error
	for _, n := range g.nodes {
		for _, kind := range slices.Sorted(maps.Keys(byNode[n.Index])) {
			found := byNode[n.Index][kind]
			slices.SortFunc(found, func(x, y stages.Deviation) int { return strings.Compare(x.Module, y.Module) })
			if w := stages.Warn(n.Position, kind, found); !n.Allows(w.Page) {
				all = append(all, w)
			}
		}
	}
	return all
}

func deviationOf(n *node, found []stages.Deviation) StageDeviation {
	slices.SortFunc(found, func(x, y stages.Deviation) int {
		return strings.Compare(x.Module+"\x00"+x.Adapter, y.Module+"\x00"+y.Adapter)
	})
	d := StageDeviation{Stage: n.ID, Verb: n.Kind.Name, Kind: found[0].Kind}
	var lost, norm float64
	for _, f := range found {
		lost, norm = lost+f.Lost, norm+f.Norm
		d.Modules = append(d.Modules, ModuleDeviation{f.Adapter, f.Module, relative(f.Lost, f.Norm)})
	}
	d.Error = relative(lost, norm)
	d.Share = d.Error * d.Error
	slices.SortStableFunc(d.Modules, func(x, y ModuleDeviation) int { return cmp.Compare(y.Error, x.Error) })
	return d
}

// relative is √(lost/norm); of nothing, nothing can be lost.
func relative(lost, norm float64) float64 {
	if norm == 0 {
		return math.Sqrt(lost)
	}
	return math.Sqrt(lost / norm)
}
