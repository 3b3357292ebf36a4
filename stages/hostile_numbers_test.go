package stages_test

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
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

// otherWays are what the verbs' examples leave out.
var otherWays = []string{
	"{trim: [python, sql], density: 0.5, scope: adapter}", "{trim: [python, sql], density: 0}",
	"{elect: [python, sql, merged], by: frequency, tie: majority}", "{elect: [python, sql], tie: positive, weights: {python: -1, sql: 2}}",
	"{dare-drop: [python, sql], density: 0.1, rescale: l1}", "{dare-drop: [python, sql], density: 0.1, rescale: l2}",
	"{dare-drop: [python, sql], density: 0.1, rescale: none}", "{dare-drop: [python, sql], by: disagreement}",
	"{average: [python, sql, merged], over: agreeing}", "{average: [python, sql], over: weights, weights: {python: 2, sql: -1}}",
	"{average: [python, sql], weights: {python: 1, sql: -1}}", "{sum: [python, sql], weights: {python: 1e9, sql: -1e9}}",
	"{slerp: [python, sql], t: 0.3, scope: row}", "{slerp: [python, sql, merged], order: tree}",
	"{karcher: [python, sql, merged]}", "{rescale: python, like: sql, scope: adapter}", "{rescale: python, by: 1e9}",
	"{scale: python, by: -1e9}", "{scale: python, alpha: fold}", "{rank: python, to: 1, how: truncate}", "{rank: python, to: 9}",
	"{factor: python, rank: 1}", "{factor: python, energy: 1}", "{factor: [python, sql], budget: 2}",
}

// TestHostileNumbers: whatever goes into a verb, in every space, what comes out is
// finite and small enough for the next, or an error that says it is too large.
func TestHostileNumbers(t *testing.T) {
	for _, kind := range stages.All {
		if kind.Takes != recipe.TakesPaths {
			surviveAll(t, kind.Name, kind.Example)
		}
	}
	for _, line := range otherWays {
		surviveAll(t, line, line)
	}
}

// surviveAll tries all numbers in every space where the line can be planned.
func surviveAll(t *testing.T, name, line string) {
	t.Helper()
	planned := false
	for _, held := range ways {
		if !accepts(t, line, exampleInputs(t, held, normal)) {
			continue
		}
		planned = true
		for _, numbers := range hostile {
			if numbers.name == beyond && held != "factors" || numbers.name == "largest" && held == "core" {
				continue // delta or core refuses it, and nothing gets to be held so
			}
			t.Run(fmt.Sprint(name, "/", held, "/", numbers.name), func(t *testing.T) {
				survive(t, line, held, numbers.rank, numbers.fill)
			})
		}
	}
	if !planned {
		t.Errorf("%s can be planned in no space", line)
	}
}

var reachedForm = regexp.MustCompile(`reaches ([^ ]+),`)

func reached(t *testing.T, text string) float64 {
	t.Helper()
	form := reachedForm.FindStringSubmatch(text)
	if form == nil {
		t.Fatal(text)
	}
	most, err := strconv.ParseFloat(form[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return most
}

func survive(t *testing.T, line, held string, rank int, fill func(i int) func([]float32)) {
	inputs := make(map[string]flow)
	for i, name := range []string{"python", "sql", "merged"} {
		inputs[name] = kindOf{edges, rank, 1, adapter.F32, fill(i)}.make(name)
	}
	out, err := newCourse(brought(t, held, inputs), 1).play("m: " + line)
	refused, large := errors.AsType[*fault.Fault](err)
	switch {
	case large && (refused.Page != "too-large" || reached(t, refused.Text) < 1.93e25): // MostMagnitude, in three digits
		t.Error(err)
	case err != nil && !large:
		t.Error(err)
	case err == nil && !finite(out):
		t.Error("NaN or Inf came out")
	}
}
