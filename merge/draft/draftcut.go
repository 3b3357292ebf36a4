package draft

import (
	"cmp"
	"context"
	"maps"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/lowrank"
)

// draftCut is what a lower rank keeps of the adapters' sum.
type draftCut struct {
	energy []float64 // of all modules' n-th singular values, Σσₙ²
	total  float64   // ‖ΔW‖²
	every  int       // only every so many modules were looked at
}

// kept is the share of ‖ΔW‖² that a rank keeps: the norm is set by one factor for the whole
// adapter, which changes no share.
func (c *draftCut) kept(rank int) float64 {
	if c.total == 0 {
		return 1
	}
	sum := 0.0
	for _, x := range c.energy[:min(rank, len(c.energy))] {
		sum += x
	}
	return sum / c.total
}

// mostMeasured bounds the multiplications that a draft costs, to some seconds: of larger
// models a part of the modules is looked at.
const mostMeasured = 2e11

// measure finds the singular values of the adapters' sum, for methods whose result it is.
func (d *draft) measure(ctx context.Context) error {
	if !draftMethods[d.Method].sums {
		return nil
	}
	names := make(map[string]float64)
	for _, a := range d.adapters {
		for i := range a.Modules {
			if m := &a.Modules[i]; m.Form != adapter.Whole {
				names[m.Name] = float64(m.Out()+m.In()) * float64(d.sum*d.sum)
			}
		}
	}
	work := 0.0
	for _, name := range slices.Sorted(maps.Keys(names)) {
		work += 8 * names[name]
	}
	c := &draftCut{every: int(work/mostMeasured) + 1}
	var spectra []spectrum
	for i, name := range slices.Sorted(maps.Keys(names)) {
		if i%c.every == 0 {
			spectra = append(spectra, spectrum{module: name})
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range spectra {
		group.Go(func() error { return cmp.Or(ctx.Err(), d.decompose(ctx, &spectra[i])) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, s := range spectra {
		c.total += s.rest * s.rest
		for n, x := range s.values {
			if n == len(c.energy) {
				c.energy = append(c.energy, 0)
			}
			c.energy[n] += x * x
			c.total += x * x
		}
	}
	d.cut = c
	return nil
}

// spectrum is the leading singular values of the adapters' sum at a module, and the root of
// the sum of the others' squares.
type spectrum struct {
	module string
	values []float64
	rest   float64
}

func (d *draft) decompose(ctx context.Context, s *spectrum) error {
	var products []lowrank.Product
	var scales []float64
	for _, a := range d.adapters {
		m, ok := a.Find(s.module)
		if !ok {
			continue
		}
		p, err := a.Pair(m)
		if err != nil {
			return err
		}
		products, scales = append(products, p), append(scales, m.Scale)
	}
	svd, rest, err := lowrank.DecomposeLeading(ctx, lowrank.Concat(scales, products), d.Rank, 1)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fault.In(d.paths(), "their sum can't be decomposed at module %s", s.module).Because(err).Mend("look at their scales (alpha/r) with `loramerge inspect`")
	}
	s.values, s.rest = svd.S, rest
	return nil
}
