package stages

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"sync"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/mapkeys"
	"github.com/loramerge/loramerge/recipe"
)

// Survey measures the norms over the whole adapter, for one factor for all tensors.
func (r *rescaling) Survey() Survey {
	if keyScope.Of(r.Params) != "adapter" || keyFactor.In(r.Params) || r.found != nil {
		return nil
	}
	if r.ofNorms() {
		return &meanNormSurvey{rescale: r, found: make(map[string]Norms)}
	}
	return &normSurvey{rescale: r, squares: make(map[string][2]float64)}
}

// normSurvey keeps each module's squared norms, of the input and of the reference,
// so that their sum can be taken in the order of the modules.
type normSurvey struct {
	rescale *rescaling
	mu      sync.Mutex
	squares map[string][2]float64
}

func (s *normSurvey) Observe(ctx context.Context, env Env, in []Value) {
	var own, reference float64
	env.scaleTensors(ctx, in[0], func(_ int, norm float64) float64 { own += norm * norm; return 1 })
	for _, norm := range s.rescale.referenceNorms(ctx, env, env.fillGaps(env.matchDense(ctx, in[1]))) {
		reference += norm * norm
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.squares[env.Module] = [2]float64{own, reference}
}

func (s *normSurvey) Conclude() (Op, Type, Survey, error) {
	var own, reference float64
	for _, name := range mapkeys.Sorted(s.squares) {
		own += s.squares[name][0]
		reference += s.squares[name][1]
	}
	found := adapterFactor{factor: 1}
	if math.Sqrt(own) > negligible {
		found.factor = math.Sqrt(reference) / math.Sqrt(own)
	}
	return &rescaling{s.rescale.Spec, &found}, s.rescale.In[0], nil, nil
}

// Key names the factor.
func (r *rescaling) Key(string) string {
	switch {
	case r.found == nil:
		return ""
	case r.ofNorms():
		return fmt.Sprint(r.found.factor)
	default:
		return strconv.FormatFloat(r.found.factor, 'g', -1, 64)
	}
}

// meanNormSurvey keeps each module's norms, so that their sum can be taken in the order
// of the modules.
type meanNormSurvey struct {
	rescale *rescaling
	mu      sync.Mutex
	found   map[string]Norms
	derived func(module string, adapters []string, g gram) []float64 // coefficients; nil if not known
}

// Derive notes what the adapter is made of.
func (s *meanNormSurvey) Derive(combination Linear, site func(module string) recipe.Site) {
	s.derived = func(module string, adapters []string, g gram) []float64 {
		return combination.Coefficients(site(module), adapters, g)
	}
}

// Observe measures a module. ‖Σ cᵢ·ΔWᵢ‖² is cᵀ·G·c, unless so much cancels that the sum
// itself is more exact.
func (s *meanNormSurvey) Observe(ctx context.Context, env Env, in []Value) {
	r := s.rescale
	e := effectsOf(ctx, r.In[1], env.Module, in[1])
	found := normsOf(e, r.referenceWeights(env.Site))
	if cs := s.coefficients(env.Module, in[1], e); cs != nil {
		terms := 0.0
		for i, c := range cs {
			terms += math.Abs(c) * e.terms[i]
		}
		found.Own = Squared{e.inner(cs, cs), square(terms)}
	} else {
		found.Own = ownOf(ctx, r.In[0], env.Module, in[0])
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.found[env.Module] = found
}

func (s *meanNormSurvey) coefficients(module string, in Value, e effects) []float64 {
	if s.derived == nil {
		return nil
	}
	if cs := s.derived(module, in.names(), e.gram); !e.cancels(cs) {
		return cs
	}
	return nil
}

func (s *meanNormSurvey) Conclude() (Op, Type, Survey, error) {
	var all Norms
	for _, module := range mapkeys.Sorted(s.found) {
		all.Add(s.found[module])
	}
	factor, different := all.factor(s.rescale.interference())
	_, _, count := all.mean()
	found := adapterFactor{factor, s.found, different, count, all.Cancel(), factor*all.Own.root() == 0}
	return &rescaling{s.rescale.Spec, &found}, s.rescale.In[0], nil, nil
}

// Measured are the norms from which the factor was found.
func (r *rescaling) Measured(site recipe.Site, weights []float64) (Norms, bool) {
	if r.found == nil || !slices.Equal(weights, r.referenceWeights(site)) {
		return Norms{}, false
	}
	found, ok := r.found.norms[site.Module]
	grown := square(r.found.factor)
	found.Own = Squared{found.Own.Norm * grown, found.Own.Terms * grown}
	return found, ok
}

// Warnings warns of adapters that cancel each other.
func (r *rescaling) Warnings() []*fault.Fault {
	b := r.found
	if b == nil || !b.cancel {
		return nil
	}
	return []*fault.Fault{cancelWarning(r.Position, b.count, b.different, b.zero)}
}
