package stages

import (
	"context"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/loramerge/loramerge/internal/kernels"
	"github.com/loramerge/loramerge/recipe"
)

// Survey finds each adapter's threshold over all its tensors, in two passes: the
// first counts magnitudes in coarse bins, the second inside the bin that holds the
// k-th largest, which makes the result exact.
func (t *trimming) Survey() Survey {
	if t.Params.Text("scope") != "adapter" {
		return nil
	}
	coarse := &coarseSurvey{trimming: t, counts: make(map[string]*kernels.Magnitudes), elements: make(map[string]int)}
	for _, name := range t.in.Names() {
		coarse.counts[name] = new(kernels.Magnitudes)
	}
	return coarse
}

type coarseSurvey struct {
	*trimming
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

func (s *coarseSurvey) Conclude() (Op, Survey) {
	fine := &fineSurvey{trimming: s.trimming, bins: make(map[string]*kernels.Bin)}
	for _, name := range s.in.Names() {
		// k = ⌊density·n⌋ over the n elements of an adapter's pairs.
		density := s.Params.Number("density").At(name, recipe.Site{})
		if k := int(math.Floor(density * float64(s.elements[name]))); k > 0 {
			fine.bins[name] = s.counts[name].Select(k)
		}
	}
	return nil, fine
}

type fineSurvey struct {
	*trimming
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

func (s *fineSurvey) Conclude() (Op, Survey) {
	trimmed := &trimmedAt{trimming{s.Spec, s.received, s.in}, make(map[string]float32)}
	for name, bin := range s.bins {
		trimmed.thresholds[name] = bin.Kth()
	}
	return trimmed, nil
}

// trimmedAt is a trim whose thresholds are known; an adapter without one keeps nothing.
type trimmedAt struct {
	trimming
	thresholds map[string]float32
}

func (t *trimmedAt) Apply(ctx context.Context, env Env, in []Value) (Value, error) {
	return env.mapParts(ctx, in[0], func(part *Part, _ byte, dst, src Matrix) {
		if threshold, ok := t.thresholds[part.Adapter]; ok {
			kernels.Trim(dst.Data, src.Data, threshold)
		} else {
			clear(dst.Data)
		}
	}), nil
}

// Key names the thresholds.
func (t *trimmedAt) Key([]Type, string) string {
	var key []string
	for _, name := range sortedKeys(t.thresholds) {
		key = append(key, strconv.Quote(name)+" "+strconv.FormatFloat(float64(t.thresholds[name]), 'g', -1, 32))
	}
	return strings.Join(key, " ")
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
