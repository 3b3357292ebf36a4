package relate

import (
	"context"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/lowrank"
)

const defaultMemory = 1 << 30

func (o Options) adapter() adapter.Options { return adapter.Options{AllowUnknown: o.AllowUnknown} }

// measured is what is found at one place, by its holders.
type measured struct {
	inners   []float64 // ⟨ΔWᵢ, ΔWⱼ⟩
	overlaps lowrank.Overlaps
	signs    *signs // nil for a single holder
}

// measure finds the figures of all places, several at once within the memory, and adds them up in
// order. Without subspaces and signs it takes inner products alone.
func measure(ctx context.Context, adapters []Opened, places []*place, options Options, whole bool) (*totals, error) {
	if options.Memory == 0 {
		options.Memory = defaultMemory
	}
	if options.Jobs == 0 {
		options.Jobs = runtime.GOMAXPROCS(0)
	}
	found := make([]measured, len(places))
	budget := semaphore.NewWeighted(options.Memory)
	group, running := errgroup.WithContext(ctx)
	group.SetLimit(options.Jobs)
	done := newProgress(places, options)
	for i, p := range places {
		cost := min(p.needs(), options.Memory)
		if budget.Acquire(running, cost) != nil {
			break // a place failed, or ctx has ended
		}
		group.Go(func() (err error) {
			defer budget.Release(cost)
			if found[i], err = p.measure(running, adapters, whole); err == nil {
				done(p)
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	t := newTotals(len(adapters))
	for i, p := range places {
		t.add(p, found[i])
	}
	return t, nil
}

// needs is the memory that a place takes: its pairs as float32, beside what is stacked and sampled of them.
func (p *place) needs() int64 {
	var elements, ranks int64
	for _, m := range p.modules {
		elements += int64(m.A.Elements() + m.B.Elements())
		ranks += int64(m.Rank)
	}
	return 2*4*elements + 3*8*min(ranks, 1<<10)*min(ranks, 1<<10)
}

func (p *place) measure(ctx context.Context, adapters []Opened, whole bool) (out measured, err error) {
	products, scales := make([]lowrank.Product, len(p.holders)), make([]float64, len(p.holders))
	for k, i := range p.holders {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		if products[k], err = adapters[i].Pair(p.modules[k]); err != nil {
			return out, err
		}
		scales[k] = p.modules[k].Scale
	}
	if whole {
		out.inners, out.overlaps, err = lowrank.GramAndOverlaps(ctx, products)
	} else {
		out.inners = lowrank.Gram(ctx, products)
	}
	if err != nil && ctx.Err() == nil {
		return out, fault.Wrap(err, "module %q", p.module)
	}
	n := len(p.holders)
	for at := range out.inners {
		out.inners[at] *= scales[at/n] * scales[at%n]
	}
	if whole && n > 1 {
		out.signs = signsOf(ctx, products, scales)
	}
	return out, ctx.Err()
}

// newProgress reports what is done; places end on several goroutines.
func newProgress(places []*place, options Options) (done func(*place)) {
	if options.Progress == nil {
		return func(*place) {}
	}
	var all int64
	for _, p := range places {
		all += p.stored()
	}
	var turn sync.Mutex
	modules, bytes := 0, int64(0)
	options.Progress(0, len(places), 0, all)
	return func(p *place) {
		turn.Lock()
		defer turn.Unlock()
		modules, bytes = modules+1, bytes+p.stored()
		options.Progress(modules, len(places), bytes, all)
	}
}
