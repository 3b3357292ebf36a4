package stages

import (
	"context"
	"math"
	"strconv"
	"strings"
	"sync"

	"github.com/loramerge/loramerge/internal/kernels"
	"github.com/loramerge/loramerge/internal/mapkeys"
	"github.com/loramerge/loramerge/recipe"
)

// Survey finds each adapter's threshold over all its tensors, in two passes: the
// first counts magnitudes in coarse bins, the second inside the bin that holds the
// k-th largest, which makes the result exact.
func (t *trimming) Survey() Survey {
	if !t.overAdapter() || t.thresholds != nil {
		return nil
	}
	coarse := &coarseSurvey{trim: t, counts: make(map[string]*kernels.Magnitudes), elements: make(map[string]int)}
	for _, name := range t.In[0].Names() {
		coarse.counts[name] = new(kernels.Magnitudes)
	}
	return coarse
}

type coarseSurvey struct {
	trim     *trimming
	mu       sync.Mutex
	counts   map[string]*kernels.Magnitudes
	elements map[string]int
}

func (s *coarseSurvey) Observe(ctx context.Context, env Env, in []Value) {
	observe(ctx, env, in[0], &s.mu, func(adapter string, x []float32) {
		s.counts[adapter].Add(x)
		s.elements[adapter] += len(x)
	})
}

// observe shows every tensor to see, one at a time.
func observe(ctx context.Context, env Env, in Value, mu *sync.Mutex, see func(adapter string, x []float32)) {
	for i := range in {
		if ctx.Err() != nil {
			return
		}
		part, made := env.dense(ctx, in[i])
		mu.Lock()
		for _, tensor := range part.Tensors() {
			see(part.Adapter, tensor.Data)
		}
		mu.Unlock()
		if made {
			env.Memory.Free(part.W.Data)
		}
	}
}

func (s *coarseSurvey) Conclude() (Op, Type, Survey, error) {
	fine := &fineSurvey{trim: s.trim, bins: make(map[string]*kernels.Bin)}
	for _, name := range s.trim.In[0].Names() {
		// k = ⌊density·n⌋ over the n elements of an adapter's pairs.
		density := keyDensity.Of(s.trim.Params).At(name, recipe.Site{})
		if k := int(math.Floor(density * float64(s.elements[name]))); k > 0 {
			fine.bins[name] = s.counts[name].Select(k)
		}
	}
	return nil, Type{}, fine, nil
}

type fineSurvey struct {
	trim *trimming
	mu   sync.Mutex
	bins map[string]*kernels.Bin // of the adapters of which anything is kept
}

func (s *fineSurvey) Observe(ctx context.Context, env Env, in []Value) {
	observe(ctx, env, in[0], &s.mu, func(adapter string, x []float32) {
		if bin := s.bins[adapter]; bin != nil {
			bin.Add(x)
		}
	})
}

func (s *fineSurvey) Conclude() (Op, Type, Survey, error) {
	trimmed := &trimming{s.trim.Spec, make(map[string]float32)}
	for name, bin := range s.bins {
		trimmed.thresholds[name] = bin.Kth()
	}
	return trimmed, trimmed.In[0].dense(), nil, nil
}

// Key names the thresholds.
func (t *trimming) Key(string) string {
	var key []string
	for _, name := range mapkeys.Sorted(t.thresholds) {
		key = append(key, strconv.Quote(name)+" "+strconv.FormatFloat(float64(t.thresholds[name]), 'g', -1, 32))
	}
	return strings.Join(key, " ")
}
