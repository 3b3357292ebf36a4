package stages

import (
	"context"
	"fmt"
	"math"
	"sync"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/kernels"
	"github.com/loramerge/loramerge/recipe"
)

var weighKind = &Kind{
	Verb: recipe.Verb{
		Name:    "weigh",
		Summary: "bring every adapter to the adapters' mean norm",
		Doc: `Multiplies each adapter by n̄/nᵢ: nᵢ is its norm ‖ΔW‖ over all modules, and n̄ the mean of these
norms over the adapters whose norm is above 1e-6; the others stay as they are. So no adapter outweighs the others by its size alone. That
helps a little where all come from one training recipe; where rank, alpha or learning rate differ, a
norm says more about these than about the skill, and weighing costs as much as it gains elsewhere. Of
a pair, B alone is multiplied. Heads and biases stay as they are.`,
		Flow:    "n → n",
		Example: "{weigh: [python, sql]}",
		Params: []*recipe.Param{
			{Name: string(keyBy), Type: recipe.ChoiceType{"inverse-norm"}, Default: "inverse-norm", Doc: "how the weights are chosen"},
		},
	},
	Version: 1,
	Bind: func(spec Spec) (Op, Type, error) {
		return &weighing{Spec: spec}, spec.In[0], nil
	},
}

type weighing struct {
	Spec
	factors map[string]float64 // by adapter, once the survey has measured them
}

// Survey measures every adapter's norm.
func (w *weighing) Survey() Survey {
	if w.factors != nil {
		return nil
	}
	return &sizeSurvey{weigh: w, squares: make(map[place]float64)}
}

func (w *weighing) Apply(_ context.Context, env Env, in []Value) (Value, error) {
	out := make(Value, len(in[0]))
	for i, part := range in[0] {
		out[i] = env.scalePart(part, w.factors[part.Adapter])
	}
	return out, nil
}

// Warnings warns of a single adapter, which already has the mean of all norms.
func (w *weighing) Warnings() []*fault.Fault {
	if len(w.In[0].Members) > 1 {
		return nil
	}
	return []*fault.Fault{fault.At(w.Position, "one adapter flows into weigh, which changes nothing of it").Mend("give it all the adapters together").See("unused")}
}

// Key names the factors.
func (w *weighing) Key(string) string {
	if w.factors == nil {
		return ""
	}
	var factors []float64
	for _, name := range w.In[0].Names() {
		factors = append(factors, w.factors[name])
	}
	return fmt.Sprint(factors)
}

// sizeSurvey keeps ‖ΔW‖² of each adapter's module, so that their sum can be taken in the
// order of the modules.
type sizeSurvey struct {
	weigh   *weighing
	mu      sync.Mutex
	squares map[place]float64
}

func (s *sizeSurvey) Observe(ctx context.Context, env Env, in []Value) {
	scales := scaleOf(s.weigh.In[0], env.Module)
	for i, part := range in[0] {
		if part.Absent() {
			continue
		}
		norm := scales[i] * math.Sqrt(kernels.SumSquares(part.W.Data)) // in core too: its bases are orthonormal
		if part.W.Data == nil {
			norm = scales[i] * normOf(ctx, part)
		}
		s.mu.Lock()
		s.squares[place{part.Adapter, env.Module}] = square(norm)
		s.mu.Unlock()
	}
}

func (s *sizeSurvey) Conclude() (Op, Type, Survey, error) {
	in := s.weigh.In[0]
	norms, sum, count := make(map[string]float64), 0.0, 0
	for _, member := range in.Members {
		total := 0.0
		for _, m := range member.Modules {
			if m.Form != adapter.Whole {
				total += s.squares[place{member.Name, m.Name}]
			}
		}
		norms[member.Name] = math.Sqrt(total)
		if norms[member.Name] > negligible {
			sum, count = sum+norms[member.Name], count+1
		}
	}
	weighed := &weighing{s.weigh.Spec, make(map[string]float64)}
	for name, norm := range norms {
		factor := 1.0
		if norm > negligible {
			factor = sum / float64(count) / norm
		}
		if math.Abs(factor-1) < unityTolerance {
			factor = 1
		}
		weighed.factors[name] = factor
	}
	return weighed, in, nil, nil
}
