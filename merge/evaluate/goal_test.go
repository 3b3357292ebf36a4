package evaluate_test

import (
	"math"
	"testing"

	"github.com/loramerge/loramerge/merge/evaluate"
	"github.com/loramerge/loramerge/merge/evaluate/results"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// Another merge of the same documents.
var lossOther = []float64{1.24, 0.96, 1.62, 1.09, 1.50, 1.06}

// Student's t at 0.975 and at 0.9875 with 5 degrees of freedom, from tables.
const (
	t5at975  = 2.5705818356363146
	t5at9875 = 3.1633814497486145
)

// twoTasks are math, a loss, and sql, an accuracy that is math's loss turned and moved; chat has no expert.
func twoTasks() (*stages.Evaluation, *evaluate.Scores, *evaluate.Scored, *evaluate.Scored) {
	loss := func(x []float64) *evaluate.Score { return measured(results.Minimize, x, nil) }
	gain := func(x []float64) *evaluate.Score {
		y := make([]float64, len(x))
		for i := range x {
			y[i] = 3 - x[i]*x[i]
		}
		return measured(results.Maximize, y, nil)
	}
	e := &stages.Evaluation{Confidence: 0.95, Base: true, Tasks: []stages.Task{
		{Name: "math", Expert: "math"}, {Name: "sql", Expert: "sql"}, {Name: "chat"}}}
	s := &evaluate.Scores{Base: scored("base", "math", loss(lossBase), "sql", gain(lossBase), "chat", loss(lossBase)),
		Experts: []*evaluate.Scored{scored("math", "math", loss(lossExpert)), scored("sql", "sql", gain(lossExpert))}}
	a := scored("a", "math", loss(lossMerged), "sql", gain(lossOther), "chat", loss(lossMerged))
	b := scored("b", "math", loss(lossOther), "sql", gain(lossMerged), "chat", loss(lossOther))
	return e, s, a, b
}

func difference(t *testing.T, g recipe.Goal) *evaluate.Figure {
	t.Helper()
	e, s, a, b := twoTasks()
	f, why := goalDifference(g, e, s, a, b, 0.95)
	if why != "" || f.Bounds == nil {
		t.Fatalf("%s: %s: %+v", g, why, f)
	}
	x, ok := goalValue(g, e, s, a)
	y, fine := goalValue(g, e, s, b)
	if near(t, g.String(), f.Value, x-y); !ok || !fine {
		t.Errorf("%s has no value", g)
	}
	return f
}

// goalDifference is a − b in a goal.
func goalDifference(g recipe.Goal, asked *stages.Evaluation, s *evaluate.Scores, a, b *evaluate.Scored, confidence float64) (*evaluate.Figure, string) {
	goal, err := evaluate.NewGoal(g, asked, &evaluate.Scores{Base: s.Base, Experts: s.Experts, Candidates: []*evaluate.Scored{a, b}})
	if err != nil {
		return nil, err.Error()
	}
	return goal.Difference(a, b, confidence)
}

// goalValue is what a candidate reaches of a goal; false where it reaches nothing.
func goalValue(g recipe.Goal, asked *stages.Evaluation, s *evaluate.Scores, c *evaluate.Scored) (value float64, ok bool) {
	goal, err := evaluate.NewGoal(g, asked, &evaluate.Scores{Base: s.Base, Experts: s.Experts, Candidates: []*evaluate.Scored{c}})
	if err != nil {
		return 0, false
	}
	f, _, why := goal.Figure(c, asked.Confidence)
	if why != "" {
		return 0, false
	}
	return f.Value, true
}

// TestGoalValue: every goal is larger for what is better.
func TestGoalValue(t *testing.T) {
	e, s, a, _ := twoTasks()
	j := judge(t, e, &evaluate.Scores{Base: s.Base, Experts: s.Experts, Candidates: []*evaluate.Scored{a}})
	c := j.Candidates[0]
	for _, goal := range []struct {
		goal recipe.Goal
		want float64
	}{
		{recipe.Goal{Recovered: "worst"}, c.Worst.Value},
		{recipe.Goal{Recovered: "mean"}, c.Mean.Value},
		{recipe.Goal{Recovered: "sql"}, c.Results[1].Recovered.Value},
		{recipe.Goal{Forgotten: "worst"}, -c.Results[2].Forgotten.Value},
		{recipe.Goal{Forgotten: "chat"}, -c.Results[2].Forgotten.Value},
		{recipe.Goal{Task: "math"}, -c.Results[0].Score.Value},
		{recipe.Goal{Task: "sql"}, c.Results[1].Score.Value},
	} {
		got, ok := goalValue(goal.goal, e, s, a)
		if near(t, goal.goal.String(), got, goal.want); !ok {
			t.Errorf("%s has no value", goal.goal)
		}
	}
}

// TestDifferenceOfScores: paired, with an interval by t on both sides, and turned where less is better.
func TestDifferenceOfScores(t *testing.T) {
	m, se := mean(minus(lossOther, lossMerged))
	for _, g := range []recipe.Goal{{Task: "math"}, {Forgotten: "chat"}, {Forgotten: "worst"}} {
		f := difference(t, g)
		near(t, g.String(), f.Value, m)
		near(t, g.String(), f.SE, se)
		ends(t, g.String(), f, m-t5at975*se, m+t5at975*se)
	}
}

// TestDifferenceOfShares: Fieller's ends are where the mean of (b − a) − R·(base − expert) is t
// standard errors from 0.
func TestDifferenceOfShares(t *testing.T) {
	f := difference(t, recipe.Goal{Recovered: "math"})
	m, _ := mean(minus(lossOther, lossMerged))
	gain, _ := mean(minus(lossBase, lossExpert))
	near(t, "value", f.Value, m/gain)
	fieller(t, f.Bounds, minus(lossOther, lossMerged), t5at975)
}

func fieller(t *testing.T, bounds *evaluate.Bounds, x []float64, critical float64) {
	t.Helper()
	for _, end := range []float64{bounds.Lower, bounds.Upper} {
		u := append([]float64{}, x...)
		for i, y := range minus(lossBase, lossExpert) {
			u[i] -= end * y
		}
		m, se := mean(u)
		near(t, "Fieller", math.Abs(m)/se, critical)
	}
}

// TestDifferenceOfMeans: the distances from the mean to the bounds of each task, squared and added.
func TestDifferenceOfMeans(t *testing.T) {
	f, math0, sql := difference(t, recipe.Goal{Recovered: "mean"}), difference(t, recipe.Goal{Recovered: "math"}), difference(t, recipe.Goal{Recovered: "sql"})
	value := (math0.Value + sql.Value) / 2
	near(t, "value", f.Value, value)
	ends(t, "mean", f, value-math.Hypot(math0.Value-math0.Bounds.Lower, sql.Value-sql.Bounds.Lower)/2,
		value+math.Hypot(math0.Bounds.Upper-math0.Value, sql.Bounds.Upper-sql.Value)/2)
}

// TestDifferenceOfWorst: with two tasks each of whose intervals is at 1 − 0.025/2, the ends are those of
// min over a's tasks of max over b's, as doc.go derives.
func TestDifferenceOfWorst(t *testing.T) {
	f := difference(t, recipe.Goal{Recovered: "worst"})
	e, s, a, b := twoTasks()
	each := func(g recipe.Goal) *evaluate.Figure {
		f, _ := goalDifference(g, e, s, a, b, 1-0.025)
		return f
	}
	same := []*evaluate.Figure{each(recipe.Goal{Recovered: "math"}), each(recipe.Goal{Recovered: "sql"})}
	fieller(t, same[0].Bounds, minus(lossOther, lossMerged), t5at9875)
	e.Confidence = 1 - 0.0125 // of each bound
	j := judge(t, e, &evaluate.Scores{Base: s.Base, Experts: s.Experts, Candidates: []*evaluate.Scored{a, b}})
	share := func(c, k int) *evaluate.Figure { return j.Candidates[c].Results[k].Recovered }
	lower, upper := [2][2]float64{}, [2][2]float64{}
	for k := range 2 {
		for i := range 2 {
			x, y := share(0, k), share(1, i)
			d := x.Value - y.Value
			lower[k][i] = d - math.Hypot(x.Value-x.Bounds.Lower, y.Bounds.Upper-y.Value)
			upper[k][i] = d + math.Hypot(x.Bounds.Upper-x.Value, y.Value-y.Bounds.Lower)
		}
		lower[k][k], upper[k][k] = same[k].Bounds.Lower, same[k].Bounds.Upper
	}
	ends(t, "worst", f, min(max(lower[0][0], lower[0][1]), max(lower[1][0], lower[1][1])),
		max(min(upper[0][0], upper[1][0]), min(upper[0][1], upper[1][1])))
}

// TestGoalRefused: tasks without a gain are in no goal, for any candidate, and named.
func TestGoalRefused(t *testing.T) {
	e, s, a, b := twoTasks()
	s.Experts[1].Scores["sql"] = s.Base.Scores["sql"]
	goal, err := evaluate.NewGoal(recipe.Goal{Recovered: "worst"}, e, s)
	if err != nil {
		t.Fatal(err)
	}
	holds(t, goal.Refused["sql"], "its expert is not better than the base (+0)")
	f, why := goal.Difference(a, b, 0.95)
	if want, _ := goalDifference(recipe.Goal{Recovered: "math"}, e, s, a, b, 0.95); why != "" || *f.Bounds != *want.Bounds {
		t.Errorf("%+v, want %+v of the task that remains", f, want)
	}
	_, why = goalDifference(recipe.Goal{Recovered: "sql"}, e, s, a, b, 0.95)
	holds(t, why, "the goal recovered: sql has no task: sql: its expert is not better than the base")
	if _, ok := goalValue(recipe.Goal{Recovered: "sql"}, e, s, a); ok {
		t.Error("a share of no gain")
	}
	s.Base = nil
	_, why = goalDifference(recipe.Goal{Forgotten: "worst"}, e, s, a, b, 0.95)
	holds(t, why, "the goal forgotten: worst has no task: chat: the base was not scored")
	e.Tasks = e.Tasks[:2]
	_, why = goalDifference(recipe.Goal{Forgotten: "worst"}, e, s, a, b, 0.95)
	holds(t, why, "the goal forgotten: worst has no task")
}

// TestGoalMissing: a candidate without all of a goal's scores has none; the best of the rest does not
// count.
func TestGoalMissing(t *testing.T) {
	worst := recipe.Goal{Recovered: "worst"}
	for want, mutate := range map[string]func(*evaluate.Scored){
		"sql: it was not scored":                                       func(a *evaluate.Scored) { delete(a.Scores, "sql") },
		"sql: its score is no number":                                  func(a *evaluate.Scored) { a.Scores["sql"].Value = math.NaN() },
		"math: it was measured under other conditions (seed: 1 and 2)": func(a *evaluate.Scored) { a.Scores["math"].Conditions = map[string]string{"seed": "2"} },
		"math: the numbers are too large to be bounded": func(a *evaluate.Scored) {
			a.Scores["math"].Documents[1].Value = math.MaxFloat64
			a.Scores["math"].Documents[2].Value = math.MaxFloat64
		},
	} {
		e, s, a, b := twoTasks()
		s.Base.Scores["math"].Conditions = map[string]string{"seed": "1"}
		mutate(a)
		_, why := goalDifference(worst, e, s, a, b, 0.95)
		holds(t, why, want)
		if v, ok := goalValue(worst, e, s, a); ok {
			t.Errorf("%s, and %g", want, v)
		}
	}
}
