package stages

import (
	"context"
	"fmt"
	"sync"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/lowrank"
)

// Survey looks at the singular values of every module where the ranks follow from them.
func (f *factoring) Survey() Survey {
	if !f.pending() {
		return nil
	}
	return &spectrumSurvey{factor: f, spectra: make(map[place]spectrum)}
}

// spectrum is the leading singular values of one delta, and ‖ΔW‖².
type spectrum struct {
	values []float64
	norm   float64
	energy float64 // to keep, as a share of norm
	err    error
}

type spectrumSurvey struct {
	factor  *factoring
	mu      sync.Mutex
	spectra map[place]spectrum
}

// budgetReach is how far beyond its rank a budget looks for singular values
// of a delta whose spectrum is too long to compute whole.
const budgetReach = 4

func (s *spectrumSurvey) Observe(ctx context.Context, env Env, in []Value) {
	for i, part := range in[0] {
		m, ok := s.factor.In[0].Members[i].Find(env.Module)
		if !ok {
			continue
		}
		found := s.look(ctx, env, part, m)
		s.mu.Lock()
		s.spectra[place{part.Adapter, env.Module}] = found
		s.mu.Unlock()
	}
}

// look takes as many singular values as the choice of a rank needs: of a small product
// all, of other deltas twice as many each time until they hold the energy.
func (s *spectrumSurvey) look(ctx context.Context, env Env, part Part, m *adapter.Module) spectrum {
	most := s.factor.maxRank(m)
	if keyBudget.In(s.factor.Params) {
		svd, rest, err := decompose(ctx, env, part, min(most, budgetReach*int(keyBudget.Of(s.factor.Params))))
		return spectrum{svd.S, sumSquares(svd.S) + rest, 1, err}
	}
	energy := keyEnergy.Of(s.factor.Params).At(part.Adapter, env.Site)
	for rank := min(most, 8); ; rank = min(most, 2*rank) {
		svd, rest, err := decompose(ctx, env, part, rank)
		norm := sumSquares(svd.S) + rest
		if err != nil || len(svd.S) >= most || rank == most || sumSquares(svd.S) >= energy*norm {
			return spectrum{svd.S, norm, energy, err}
		}
	}
}

func (s *spectrumSurvey) Conclude() (Op, Type, Survey, error) {
	ranks, err := s.choose()
	known := &factoring{s.factor.Spec, ranks}
	return known, known.out(), nil, err
}

// choose gives every adapter's module its rank, at least 1.
func (s *spectrumSurvey) choose() (map[place]int, error) {
	ranks := make(map[place]int)
	for _, member := range s.factor.In[0].Members {
		var places []place
		var spectra [][]float64
		var costs []int // of one rank, in parameters
		for _, m := range member.Modules {
			p := place{member.Name, m.Name}
			found, ok := s.spectra[p]
			if !ok {
				continue
			}
			if found.err != nil {
				return nil, s.factor.undecomposable(p, found.err)
			}
			limit := min(len(found.values), s.factor.maxRank(m))
			places, spectra = append(places, p), append(spectra, found.values[:limit])
			costs = append(costs, m.Out()+m.In())
		}
		s.share(ranks, places, spectra, costs)
	}
	return ranks, nil
}

func (s *spectrumSurvey) share(ranks map[place]int, places []place, spectra [][]float64, costs []int) {
	if keyEnergy.In(s.factor.Params) {
		for i, p := range places {
			ranks[p] = rankFor(spectra[i], s.spectra[p].energy*s.spectra[p].norm)
		}
		return
	}
	total, rank := 0, int(min(keyBudget.Of(s.factor.Params), maxPaddedRank))
	for _, cost := range costs {
		total += rank * cost
	}
	shared, err := lowrank.SharedBudget(spectra, costs, total)
	if err != nil {
		panic("stages: a budget of rank 1 or more pays for rank 1 everywhere: " + err.Error())
	}
	for i, p := range places {
		ranks[p] = shared[i]
	}
}

// rankFor is the smallest rank whose values hold the energy; all of them if they
// don't, for rounding or for max-rank.
func rankFor(values []float64, energy float64) int {
	held := 0.0
	for i, x := range values {
		if held += x * x; held >= energy*(1-1e-12) {
			return i + 1
		}
	}
	return max(1, len(values))
}

// Key names the module's ranks once a survey has chosen them.
func (f *factoring) Key(module string) string {
	if f.ranks == nil {
		return ""
	}
	var ranks []int
	for _, name := range f.In[0].Names() {
		ranks = append(ranks, f.ranks[place{name, module}])
	}
	return fmt.Sprint(ranks)
}
