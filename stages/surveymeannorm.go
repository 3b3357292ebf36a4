package stages

import (
	"context"
	"math"
	"sync"

	"github.com/loramerge/loramerge/internal/fault"
)

// meanNormSurvey keeps each module's norms, so that their sum can be taken in the order
// of the modules.
type meanNormSurvey struct {
	rescale *rescaling
	mu      sync.Mutex
	found   map[string]Norms
}

func (s *meanNormSurvey) Observe(ctx context.Context, env Env, in []Value) {
	found := s.rescale.normsAt(ctx, env, in)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.found[env.Module] = found
}

func (s *meanNormSurvey) Conclude() (Op, Type, Survey, error) {
	var all Norms
	for _, module := range sortedKeys(s.found) {
		all.Add(s.found[module])
	}
	factor, different := all.factor(s.rescale.interference())
	_, _, count := all.mean()
	found := brought{factor, different, count, all.cancel(), factor*all.Own.root() == 0}
	return &rescaling{s.rescale.Spec, &found}, s.rescale.In[0], nil, nil
}

// Warnings tells of adapters that cancel each other.
func (r *rescaling) Warnings() []*fault.Fault {
	b := r.brought
	if b == nil || !b.cancel {
		return nil
	}
	if b.zero {
		return []*fault.Fault{fault.At(r.Position, "the %d adapters cancel each other: their weighted sum is 0 but for rounding, and so is the result", b.count).
			Mend(lookAtSigns)}
	}
	return []*fault.Fault{fault.At(r.Position, "the %d adapters cancel each other: their weighted sum is %.2g of what it would be if they agreed, and what is left is mostly noise", b.count, 1/math.Sqrt(b.different)).
		Mend(lookAtSigns)}
}

const lookAtSigns = "look at the signs of the weights, and at the adapters with `loramerge diff`"
