package stages

import (
	"context"
	"math"
	"strconv"
	"sync"
)

// Survey measures the norms over the whole adapter, for one factor for all tensors.
func (r *rescaling) Survey() Survey {
	if r.Params.Text("scope") != "adapter" || r.Params.Has("by") {
		return nil
	}
	if r.ofNorms() {
		return &meanNormSurvey{rescaling: r, found: make(map[string]Norms)}
	}
	return &normSurvey{rescaling: r, squares: make(map[string][2]float64)}
}

// normSurvey keeps each module's squared norms, of the input and of the reference,
// so that their sum can be taken in the order of the modules.
type normSurvey struct {
	*rescaling
	mu      sync.Mutex
	squares map[string][2]float64
}

func (s *normSurvey) Observe(ctx context.Context, env Env, in []Value) {
	var own, reference float64
	env.scaleTensors(ctx, in[0], func(_ int, norm float64) float64 { own += norm * norm; return 1 })
	for _, norm := range s.referenceNorms(ctx, env, env.fillGaps(env.alike(ctx, in[1]))) {
		reference += norm * norm
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.squares[env.Module] = [2]float64{own, reference}
}

func (s *normSurvey) Conclude() (Op, Survey) {
	var own, reference float64
	for _, name := range sortedKeys(s.squares) {
		own += s.squares[name][0]
		reference += s.squares[name][1]
	}
	factor := 1.0
	if math.Sqrt(own) > negligible {
		factor = math.Sqrt(reference) / math.Sqrt(own)
	}
	return &scaledBy{s.rescaling, factor}, nil
}

// scaledBy is a rescale whose one factor is known.
type scaledBy struct {
	*rescaling
	factor float64
}

// Key names the factor.
func (s *scaledBy) Key([]Type, string) string { return strconv.FormatFloat(s.factor, 'g', -1, 64) }

func (s *scaledBy) Apply(ctx context.Context, env Env, in []Value) (Value, error) {
	return env.scaleTensors(ctx, in[0], func(int, float64) float64 { return s.factor }), nil
}
