package stages

import (
	"context"
	"fmt"
	"math"
	"sync"

	"github.com/loramerge/loramerge/internal/printable"
	"github.com/loramerge/loramerge/recipe"
)

// meanNormSurvey keeps each module's norms, so that their sum can be taken in the order
// of the modules.
type meanNormSurvey struct {
	*rescaling
	mu    sync.Mutex
	found map[string]Norms
}

func (s *meanNormSurvey) Observe(ctx context.Context, env Env, in []Value) {
	found := s.normsAt(ctx, env, in)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.found[env.Module] = found
}

func (s *meanNormSurvey) Conclude() (Op, Survey) {
	var all Norms
	for _, module := range sortedKeys(s.found) {
		all.Add(s.found[module])
	}
	factor, different := all.factor(s.interference())
	_, _, count := all.mean()
	return &broughtTo{s.rescaling, factor, different, count, all.cancel(), factor*all.Own.root() == 0}, nil
}

// broughtTo is a rescale to a mean of norms whose one factor is known.
type broughtTo struct {
	*rescaling
	factor    float64
	different float64 // how many adapters differ,
	count     int     // of how many that are not 0
	cancel    bool
	zero      bool // nothing but rounding comes out
}

// Key names the factor.
func (b *broughtTo) Key([]Type, string) string { return fmt.Sprint(b.factor) }

func (b *broughtTo) Apply(_ context.Context, env Env, in []Value) (Value, error) {
	return Value{env.scalePart(in[0][0], b.factor)}, nil
}

// Warnings tells of adapters that cancel each other.
func (b *broughtTo) Warnings([]Type) []*recipe.Mistake {
	if !b.cancel {
		return nil
	}
	if b.zero {
		return []*recipe.Mistake{recipe.Mistakef(b.Position, lookAtSigns,
			"the %d adapters cancel each other: their weighted sum is 0 but for rounding, and so is the result", b.count)}
	}
	return []*recipe.Mistake{recipe.Mistakef(b.Position, lookAtSigns,
		"the %d adapters cancel each other: their weighted sum is %.2g of what it would be if they agreed, and what is left is mostly noise", b.count, 1/math.Sqrt(b.different))}
}

const lookAtSigns = "look at the signs of the weights, and at the adapters with `loramerge diff`"

// CancelledAt tells of adapters that cancel each other at modules, each brought to a size
// of its own; left is the share that is left at the worst.
func CancelledAt(at recipe.Position, modules []string, left float64) *recipe.Mistake {
	if left == 0 {
		return recipe.Mistakef(at, lookAtSigns, "the adapters cancel each other at %s, the most at %q, where their weighted sum is 0 but for rounding",
			printable.Count(len(modules), "module"), modules[0])
	}
	return recipe.Mistakef(at, lookAtSigns,
		"the adapters cancel each other at %s, the most at %q: their weighted sum is %.2g of what it would be if they agreed, and what is left is mostly noise",
		printable.Count(len(modules), "module"), modules[0], left)
}
