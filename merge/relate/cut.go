package relate

import (
	"context"
	"fmt"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/lowrank"
)

// Cut is what a lower rank keeps of the adapters' sum.
type Cut struct {
	energy []float64 // of all modules' n-th singular values, Σσₙ²
	total  float64   // ‖ΔW‖²
	Every  int       // only every so many modules were looked at
}

// Kept is the share of ‖ΔW‖² that a rank keeps: the norm is set by one factor for the whole
// adapter, which changes no share.
func (c *Cut) Kept(rank int) float64 {
	if c.total == 0 {
		return 1
	}
	sum := 0.0
	for _, x := range c.energy[:min(rank, len(c.energy))] {
		sum += x
	}
	return sum / c.total
}

// mostMeasured bounds the multiplications that a cut costs, to some seconds: of larger
// models a part of the modules is looked at.
const mostMeasured = 2e11

// CutOf finds the singular values of the adapters' sum up to a rank.
func CutOf(ctx context.Context, adapters []Opened, rank int) (*Cut, error) {
	places, sum := placesOf(adapters), HeadersOf(adapters).RankSum
	work := 0.0
	for _, p := range places {
		work += 8 * float64(p.modules[0].Out()+p.modules[0].In()) * float64(sum*sum)
	}
	c := &Cut{Every: int(work/mostMeasured) + 1}
	var spectra []spectrum
	for i, p := range places {
		if i%c.Every == 0 {
			spectra = append(spectra, spectrum{place: p})
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range spectra {
		group.Go(func() error { return spectra[i].decompose(ctx, adapters, rank) })
	}
	if err := group.Wait(); err != nil {
		return nil, err
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
	return c, nil
}

// spectrum is the leading singular values of the adapters' sum at a module, and the root of
// the sum of the others' squares.
type spectrum struct {
	place  *place
	values []float64
	rest   float64
}

func (s *spectrum) decompose(ctx context.Context, adapters []Opened, rank int) error {
	var products []lowrank.Product
	var scales []float64
	for k, i := range s.place.holders {
		if err := ctx.Err(); err != nil {
			return err
		}
		m := s.place.modules[k]
		p, err := adapters[i].Pair(m)
		if err != nil {
			return err
		}
		products, scales = append(products, p), append(scales, m.Scale)
	}
	svd, rest, err := lowrank.DecomposeLeading(ctx, lowrank.Concat(scales, products), rank, 1)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fault.In(pathsOf(adapters), "their sum can't be decomposed at module %s", s.place.module).Because(err).Mend("look at their scales (alpha/r) with `loramerge inspect`")
	}
	s.values, s.rest = svd.S, rest
	return nil
}

// KeptPercent is a share with one decimal; what is less than all is never written as all.
func KeptPercent(share float64) string {
	switch tenths := int(share*1000 + 0.5); {
	case 1-share <= 1e-9:
		return "all"
	case tenths >= 1000:
		return "over 99.9 %"
	default:
		return fmt.Sprintf("%.1f %%", float64(tenths)/10)
	}
}

// Ordinal is a number in a row: second, third, 4th.
func Ordinal(n int) string {
	switch {
	case n == 2:
		return "second"
	case n == 3:
		return "third"
	case n%10 == 1 && n%100 != 11:
		return fmt.Sprint(n, "st")
	case n%10 == 2 && n%100 != 12:
		return fmt.Sprint(n, "nd")
	case n%10 == 3 && n%100 != 13:
		return fmt.Sprint(n, "rd")
	}
	return fmt.Sprint(n, "th")
}
