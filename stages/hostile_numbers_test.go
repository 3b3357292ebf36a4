package stages_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

const beyond = "beyond all use"

// hostile are fills of three adapters, by their place, at the edges of arithmetic.
var hostile = []struct {
	name string
	rank int
	fill func(i int) func(x []float32)
}{
	{"all zero", 4, func(int) func([]float32) { return zeros }},
	{"one zero among others", 4, func(i int) func([]float32) {
		if i == 0 {
			return zeros
		}
		return normal(uint64(i))
	}},
	{"identical", 4, func(int) func([]float32) { return normal(1) }},
	{"opposite", 4, func(i int) func([]float32) { return times(float32(1-2*(i%2)), normal(1)) }},
	{"rank 1", 1, func(i int) func([]float32) { return normal(uint64(i)) }},
	{"denormal", 4, func(i int) func([]float32) { return times(0x1p-140, normal(uint64(i))) }},
	{"tiny", 4, func(i int) func([]float32) { return times(0x1p-100, normal(uint64(i))) }},
	{"huge", 4, func(i int) func([]float32) { return times(0x1p38, normal(uint64(i))) }},
	{"largest", 4, func(i int) func([]float32) { return constantly(float32(1-2*(i%2)) * 0x1p41) }},
	{beyond, 4, func(i int) func([]float32) { return times(0x1p60, normal(uint64(i))) }},
}

// times scales what a fill gives.
func times(by float32, fill func([]float32)) func([]float32) {
	return func(x []float32) {
		fill(x)
		for i := range x {
			x[i] *= by
		}
	}
}

func constantly(value float32) func([]float32) {
	return func(x []float32) {
		for i := range x {
			x[i] = value
		}
	}
}

// edges are modules of which a dimension is 1, among others.
var edges = []shape{
	{"layers.0.column.q_proj", adapter.Linear, 7, 1},
	{"layers.1.row.q_proj", adapter.Linear, 1, 9},
	{"layers.2.scalar.q_proj", adapter.Linear, 1, 1},
	{"layers.3.plain.q_proj", adapter.Linear, 6, 8},
}

// TestHostileNumbers: whatever goes into a verb, in every space, what comes out is
// finite and small enough for the next, or an error that says it is too large.
func TestHostileNumbers(t *testing.T) {
	for _, kind := range stages.All {
		for _, held := range []string{"factors", "product", "dense"} {
			if kind.Takes == recipe.TakesPaths || !accepts(t, kind, exampleInputs(t, held, normal)) {
				continue
			}
			for _, numbers := range hostile {
				if numbers.name == beyond && held != "factors" {
					continue // delta refuses it, and nothing gets to be held so
				}
				t.Run(fmt.Sprint(kind.Name, "/", held, "/", numbers.name), func(t *testing.T) {
					survive(t, kind, held, numbers.rank, numbers.fill)
				})
			}
		}
	}
}

func survive(t *testing.T, kind *stages.Kind, held string, rank int, fill func(i int) func([]float32)) {
	inputs := make(map[string]flow)
	for i, name := range []string{"python", "sql", "merged"} {
		inputs[name] = brought(t, held, kindOf{edges, rank, 1, adapter.F32, fill(i)}.make(name))
	}
	out, err := newCourse(inputs, 1).play("m: " + kind.Example)
	refused, large := errors.AsType[*stages.BeyondError](err)
	switch {
	case large && !(refused.Most > adapter.MostMagnitude):
		t.Errorf("%g is refused as too large", refused.Most)
	case err != nil && !large:
		t.Error(err)
	case err == nil && !finite(out):
		t.Error("NaN or Inf came out")
	}
}
