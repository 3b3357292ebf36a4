package stages

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"sync"

	"github.com/loramerge/loramerge/internal/mapkeys"
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

// adapterFactor is the one factor of a rescale, once a survey has measured whole adapters.
type adapterFactor struct {
	factor float64
	// Of a mean of norms:
	different float64 // how many adapters differ,
	count     int     // of how many that are not 0
	cancel    bool
	zero      bool // nothing but rounding comes out
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
