package compare

import (
	"cmp"
	"context"
	"math"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/loramerge/loramerge/adapter"
)

// Comparison is how far two adapters are apart. The figures of Total are over all
// modules that both have, as if these were one.
type Comparison struct {
	A       string             `json:"a"`
	B       string             `json:"b"`
	Total   *Difference        `json:"total"`   // nil where they have none in common
	Modules []ModuleComparison `json:"modules"` // what differs most first
	OnlyA   []string           `json:"only_a"`
	OnlyB   []string           `json:"only_b"`
	Unlike  []string           `json:"unlike"` // modules of two shapes or forms
}

// Difference compares two ΔW, or two whole tensors.
type Difference struct {
	Cosine   float64 `json:"cosine"`            // ⟨A, B⟩ / (‖A‖·‖B‖); 0 where one is zero
	Distance float64 `json:"relative_distance"` // ‖A − B‖ / ‖A‖; of ‖B‖ where A is zero
	Opposite float64 `json:"signs_opposite"`    // the share of elements with aᵢ·bᵢ < 0
}

// ModuleComparison is that of one module.
type ModuleComparison struct {
	Module string `json:"module"`
	Difference
}

// Adapters compares ΔW module by module, several in parallel. Cosine and distance
// never make a ΔW dense; the signs are counted on blocks of rows, so that memory does not
// grow with the modules. Its errors are those of reading.
func Adapters(ctx context.Context, a, b *adapter.Adapter) (*Comparison, error) {
	c := &Comparison{A: a.Path, B: b.Path, Modules: []ModuleComparison{}}
	pairs := c.pair(a, b)
	found := make([]measured, len(pairs))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, p := range pairs {
		group.Go(func() (err error) {
			if err = ctx.Err(); err == nil {
				found[i], err = p.measure(ctx)
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var total measured
	for i, m := range found {
		c.Modules = append(c.Modules, ModuleComparison{pairs[i].x.Name, m.apartness()})
		total.add(m)
	}
	if len(found) > 0 {
		all := total.apartness()
		c.Total = &all
	}
	slices.SortStableFunc(c.Modules, func(x, y ModuleComparison) int { return cmp.Compare(y.Distance, x.Distance) })
	return c, nil
}

// modulePair is a module in two adapters.
type modulePair struct {
	a, b *adapter.Adapter
	x, y *adapter.Module
}

// pair finds the modules that can be compared, and lists the others.
func (c *Comparison) pair(a, b *adapter.Adapter) []modulePair {
	c.OnlyA, c.OnlyB, c.Unlike = missing(a, b), missing(b, a), []string{}
	var pairs []modulePair
	for i := range a.Modules {
		x := &a.Modules[i]
		y, ok := b.Find(x.Name)
		switch {
		case !ok:
		case sameLayer(x, y):
			pairs = append(pairs, modulePair{a, b, x, y})
		default:
			c.Unlike = append(c.Unlike, x.Name)
		}
	}
	return pairs
}

// missing lists the modules of one adapter that another lacks.
func missing(from, in *adapter.Adapter) []string {
	names := []string{}
	for _, m := range from.Modules {
		if _, ok := in.Find(m.Name); !ok {
			names = append(names, m.Name)
		}
	}
	slices.SortFunc(names, strings.Compare)
	return names
}

// sameLayer reports whether two modules can be compared.
func sameLayer(x, y *adapter.Module) bool {
	switch {
	case x.Form != y.Form:
		return false
	case x.Form == adapter.Whole:
		return slices.Equal(x.W.Shape, y.W.Shape) && x.W.DType.IsFloat() && y.W.DType.IsFloat()
	default:
		return x.Out() == y.Out() && x.In() == y.In()
	}
}

// measured is what a comparison sums up.
type measured struct {
	normA, normB, inner, distance float64 // ‖A‖², ‖B‖², ⟨A, B⟩, ‖A − B‖²
	opposite, elements            float64
}

func (m *measured) add(o measured) {
	m.normA, m.normB, m.inner, m.distance = m.normA+o.normA, m.normB+o.normB, m.inner+o.inner, m.distance+o.distance
	m.opposite, m.elements = m.opposite+o.opposite, m.elements+o.elements
}

func (m measured) apartness() Difference {
	var a Difference
	if lengths := math.Sqrt(m.normA) * math.Sqrt(m.normB); lengths > 0 {
		a.Cosine = max(-1, min(1, m.inner/lengths))
	}
	if norm := cmp.Or(m.normA, m.normB); norm > 0 {
		a.Distance = math.Sqrt(m.distance / norm)
	}
	if m.elements > 0 {
		a.Opposite = m.opposite / m.elements
	}
	return a
}
