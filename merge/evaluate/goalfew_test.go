package evaluate_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/loramerge/loramerge/internal/stats"
	"github.com/loramerge/loramerge/merge/evaluate"
	"github.com/loramerge/loramerge/merge/evaluate/results"
	"github.com/loramerge/loramerge/recipe"
)

// yes are answers of a hundred documents: right for the first ones, and wrong for some of the others.
func yes(right, others int) *evaluate.Score {
	return answers(strings.Repeat("1", right) + strings.Repeat("0", 100-right-others) + strings.Repeat("1", others))
}

// TestFewAnswersDiffer: a is better where the exact test says so, of a share as of a score.
func TestFewAnswersDiffer(t *testing.T) {
	for _, c := range []struct {
		alone, other int
		better       bool
	}{{4, 0, false}, {5, 0, false}, {6, 0, true}, {7, 1, false}, {9, 1, true}, {12, 4, false}, {14, 4, true}} {
		if exact := stats.McNemar(c.alone, c.other) < 0.05; exact != c.better {
			t.Fatalf("%+v, though McNemar's test gives %g", c, stats.McNemar(c.alone, c.other))
		}
		e := one()
		s := &evaluate.Scores{Base: scored("base", "math", yes(30, 0)), Experts: []*evaluate.Scored{scored("math", "math", yes(80, 0))}}
		a, b := scored("a", "math", yes(50+c.alone, 0)), scored("b", "math", yes(50, c.other))
		for _, g := range []recipe.Goal{{Task: "math"}, {Recovered: "math"}, {Recovered: "worst"}} {
			f, why := goalDifference(g, e, s, a, b, 0.95)
			back, _ := goalDifference(g, e, s, b, a, 0.95)
			if why != "" || f.Bounds == nil || (f.Bounds.Lower > 0) != c.better || (back.Bounds.Upper < 0) != c.better {
				t.Errorf("%d to %d, %s: %s %+v", c.alone, c.other, g, why, f.Bounds)
			}
		}
		more, _ := goalDifference(recipe.Goal{Task: "math"}, e, s, a, b, 0.95)
		s.Base, s.Experts = scored("base", "math", turned(s.Base)), []*evaluate.Scored{scored("math", "math", turned(s.Experts[0]))}
		less, _ := goalDifference(recipe.Goal{Task: "math"}, e, s, scored("a", "math", turned(a)), scored("b", "math", turned(b)), 0.95)
		ends(t, "errors instead of answers", less, more.Bounds.Lower, more.Bounds.Upper)
	}
}

// turned are errors, of which less is better.
func turned(s *evaluate.Scored) *evaluate.Score {
	var values []float64
	for _, d := range s.Scores["math"].Documents {
		values = append(values, 1-d.Value)
	}
	return measured(results.Minimize, values, nil)
}

// TestNothingDiffers: no document shows a difference, or each the same one: neither is called better.
func TestNothingDiffers(t *testing.T) {
	e, s, a, _ := twoTasks()
	for _, g := range []recipe.Goal{{Recovered: "math"}, {Recovered: "worst"}, {Recovered: "mean"}, {Task: "math"}, {Forgotten: "worst"}} {
		f, why := goalDifference(g, e, s, a, a, 0.95)
		if why != "" || f.Value != 0 || f.Bounds == nil || !(f.Bounds.Lower < 0 && f.Bounds.Upper > 0) {
			t.Errorf("%s of itself: %s %+v", g, why, f)
		}
		shifted := make([]float64, len(lossMerged))
		for i := range shifted {
			shifted[i] = lossMerged[i] - 0.125
		}
		b := scored("b", "math", measured(results.Minimize, shifted, nil), "sql", a.Scores["sql"], "chat", measured(results.Minimize, shifted, nil))
		if f, why := goalDifference(g, e, s, b, a, 0.95); g.Recovered != "worst" && (why != "" || f.Bounds != nil || !strings.Contains(f.Unbounded, "all documents changed by the same")) {
			t.Errorf("%s, shifted: %s %+v", g, why, f)
		}
	}
}

// TestDifferenceOfSummaries: without documents the errors are the evaluator's: Fieller of two independent
// differences, and said to be wide.
func TestDifferenceOfSummaries(t *testing.T) {
	of := func(value, se float64) *evaluate.Score { return summarized(results.Maximize, value, se, 400) }
	s := &evaluate.Scores{Base: scored("base", "math", of(.30, .02)), Experts: []*evaluate.Scored{scored("math", "math", of(.70, .021))}}
	f, _ := goalDifference(recipe.Goal{Recovered: "math"}, one(), s, scored("a", "math", of(.60, .022)), scored("b", "math", of(.50, .023)), 0.95)
	near(t, "value", f.Value, .25)
	for _, end := range []float64{f.Bounds.Lower, f.Bounds.Upper} {
		near(t, "Fieller", math.Abs(.1-end*.4), 1.959963984540054*math.Sqrt(.022*.022+.023*.023+end*end*(.02*.02+.021*.021)))
	}
	if !f.Wide {
		t.Error("not wide")
	}
	f, why := goalDifference(recipe.Goal{Recovered: "math"}, one(), s, scored("a", "math", of(.60, 0)), scored("b", "math", of(.50, 0)), 0.95)
	if why != "" || f.Bounds != nil || !strings.Contains(f.Unbounded, "neither documents nor a standard error") {
		t.Errorf("bounds of no standard error: %s %+v", why, f)
	}
}

// TestWeightsAreFewer: three long texts among many short ones are about three: t has few degrees of
// freedom, (Σw)²/Σw² − 1.
func TestWeightsAreFewer(t *testing.T) {
	weights := []float64{100, 100, 100, 1, 1, 1}
	merged, other := measured(results.Minimize, lossMerged, weights), measured(results.Minimize, lossOther, weights)
	f, _ := goalDifference(recipe.Goal{Task: "math"}, one(), new(evaluate.Scores), scored("a", "math", merged), scored("b", "math", other), 0.95)
	const t2 = 4.302652729911275 // 303²/30003 = 3.06
	ends(t, "of three texts in effect", f, f.Value-t2*f.SE, f.Value+t2*f.SE)
}

// TestAnyDifference: whatever evaluators print, the interval holds the difference, which turns with
// the candidates, and all of it are numbers.
func TestAnyDifference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e, s, a, b := twoTasks()
		for _, of := range []*evaluate.Scored{s.Base, s.Experts[0], a, b} {
			of.Scores["math"] = drawScore(t, of.Name)
		}
		e.Tasks[0].Direction = "minimize"
		g := rapid.SampledFrom([]recipe.Goal{{Recovered: "worst"}, {Recovered: "mean"}, {Recovered: "math"}, {Task: "math"}, {Forgotten: "worst"}}).Draw(t, "goal")
		f, why := goalDifference(g, e, s, a, b, 0.95)
		back, whyNot := goalDifference(g, e, s, b, a, 0.95)
		if (f == nil) == (why == "") || (back == nil) != (f == nil) {
			t.Fatalf("%+v %s, %+v %s", f, why, back, whyNot)
		}
		if f == nil {
			return
		}
		if _, err := json.Marshal(f); err != nil {
			t.Error(err)
		}
		if f.Bounds == nil {
			if f.Unbounded == "" {
				t.Errorf("no bounds, and no reason: %+v", f)
			}
			return
		}
		slack := 1e-9 * (math.Abs(f.Bounds.Lower) + math.Abs(f.Bounds.Upper))
		if f.Bounds.Lower > f.Value+slack || f.Bounds.Upper < f.Value-slack {
			t.Errorf("%g lies outside of %+v", f.Value, f.Bounds)
		}
		if math.Abs(f.Bounds.Lower+back.Bounds.Upper) > slack || math.Abs(f.Value+back.Value) > slack {
			t.Errorf("%+v and %+v", f, back)
		}
	})
}
