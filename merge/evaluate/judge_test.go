package evaluate_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/merge/evaluate"
	"github.com/loramerge/loramerge/merge/evaluate/results"
	"github.com/loramerge/loramerge/stages"
)

// losses are bits per byte of six documents.
var (
	lossBase   = []float64{1.40, 1.12, 1.81, 1.30, 1.66, 1.20}
	lossExpert = []float64{1.10, 0.92, 1.40, 1.01, 1.31, 0.99}
	lossMerged = []float64{1.20, 0.97, 1.55, 1.10, 1.44, 1.05}
)

// TestPaired: scores, differences and shares of one task by the formulas in use.
func TestPaired(t *testing.T) {
	j, r := ofMath(t, one(), measured(results.Minimize, lossBase, nil), measured(results.Minimize, lossExpert, nil), measured(results.Minimize, lossMerged, nil))
	m, se := mean(lossMerged)
	near(t, "score", r.Score.Value, m)
	near(t, "its SE", r.Score.SE, se)
	ends(t, "score", r.Score, m-t5*se, m+t5*se)
	d, se := mean(minus(lossMerged, lossBase))
	near(t, "change", r.Change.Value, d)
	near(t, "its SE", r.Change.SE, se)
	ends(t, "change", r.Change, d-t5*se, d+t5*se)
	gain, se := mean(minus(lossBase, lossExpert))
	near(t, "gain", j.Tasks[0].Gain.Value, gain)
	near(t, "its SE", j.Tasks[0].Gain.SE, se)
	share := -d / gain
	near(t, "share", r.Recovered.Value, share)
	u := minus(lossBase, lossMerged)
	for i, y := range minus(lossBase, lossExpert) {
		u[i] -= share * y
	}
	_, se = mean(u)
	near(t, "its SE", r.Recovered.SE, se/gain)
	// Fieller's ends are where x̄ − R·ȳ is t standard errors from 0.
	for _, end := range []float64{r.Recovered.Bounds.Lower, r.Recovered.Bounds.Upper} {
		u := minus(lossBase, lossMerged)
		for i, y := range minus(lossBase, lossExpert) {
			u[i] -= end * y
		}
		m, se := mean(u)
		near(t, "Fieller", math.Abs(m)/se, t5)
	}
	if c := j.Candidates[0]; c.WorstTask != "math" || c.Worst.Value != r.Recovered.Value || r.Recovered.Wide || r.Recovered.Documents != 6 {
		t.Errorf("%+v", c)
	}
}

// TestTurned: shares are the same of accuracies as of losses, and gains are positive in both.
func TestTurned(t *testing.T) {
	up := func(x []float64) *evaluate.Score {
		return measured(results.Maximize, minus(make([]float64, 6), x), nil)
	}
	down := func(x []float64) *evaluate.Score { return measured(results.Minimize, x, nil) }
	a, x := ofMath(t, one(), down(lossBase), down(lossExpert), down(lossMerged))
	b, y := ofMath(t, one(), up(lossBase), up(lossExpert), up(lossMerged))
	near(t, "share", x.Recovered.Value, y.Recovered.Value)
	ends(t, "share", x.Recovered, y.Recovered.Bounds.Lower, y.Recovered.Bounds.Upper)
	near(t, "gain", a.Tasks[0].Gain.Value, b.Tasks[0].Gain.Value)
	near(t, "change", x.Change.Value, -y.Change.Value)
}

// TestPairedById: the order of documents means nothing, and those that not all have, or that are
// others than they were, fall out and are counted.
func TestPairedById(t *testing.T) {
	base, expert := measured(results.Minimize, lossBase, nil), measured(results.Minimize, lossExpert, nil)
	merged := measured(results.Minimize, []float64{9, 1.20, 0.97, 1.55, 1.10, 1.44}, nil)
	for i, id := range []string{"new", "d0", "d1", "d2", "d3", "d4"} {
		merged.Documents[i].ID, merged.Documents[i].Content = id, "then"
		base.Documents[i].Content = "then"
	}
	base.Documents[4].Content = "since"
	_, r := ofMath(t, one(), base, expert, merged)
	d, se := mean(minus(lossMerged[:4], lossBase[:4]))
	near(t, "change", r.Change.Value, d)
	near(t, "its SE", r.Change.SE, se)
	if r.Change.Documents != 4 || r.Change.FellOut != 3 || r.Recovered.FellOut != 3 {
		t.Errorf("%+v of d0 to d3, and d4, d5, new", r.Change)
	}
}

// TestSummaries: without documents the errors are the evaluator's, and said to be wide. The numbers
// are those of the formula SE² = (SE_m² + (1 − R)²·SE_b² + R²·SE_e²)/(e − b)².
func TestSummaries(t *testing.T) {
	_, r := ofMath(t, one(), summarized(results.Maximize, .30, .02, 400), summarized(results.Maximize, .70, .021, 400), summarized(results.Maximize, .60, .022, 400))
	near(t, "share", r.Recovered.Value, .75)
	near(t, "its SE", r.Recovered.SE, math.Sqrt(.022*.022+.25*.25*.02*.02+.75*.75*.021*.021)/.4)
	near(t, "change's SE", r.Change.SE, math.Hypot(.02, .022))
	if !r.Recovered.Wide || !r.Change.Wide || !r.Score.Wide {
		t.Errorf("%+v", r)
	}
	_, r = ofMath(t, one(), summarized(results.Maximize, .30, 0, 400), summarized(results.Maximize, .70, 0, 400), summarized(results.Maximize, .60, 0, 400))
	near(t, "share", r.Recovered.Value, .75)
	if r.Recovered.Bounds != nil || r.Score.Bounds != nil || r.Change.Bounds != nil {
		t.Errorf("bounds of no standard error: %+v", r)
	}
	holds(t, r.Recovered.Unbounded, "neither documents nor a standard error")
}

// TestPerplexity: the interval's ends are of the loss, and shares are on the logarithm.
func TestPerplexity(t *testing.T) {
	perplexity := func(losses []float64) *evaluate.Score {
		s := measured(results.Minimize, losses, nil)
		s.Exp, s.Value = true, math.Exp(s.Value)
		return s
	}
	_, r := ofMath(t, one(), perplexity(lossBase), perplexity(lossExpert), perplexity(lossMerged))
	_, log := ofMath(t, one(), measured(results.Minimize, lossBase, nil), measured(results.Minimize, lossExpert, nil), measured(results.Minimize, lossMerged, nil))
	near(t, "perplexity", r.Score.Value, math.Exp(log.Score.Value))
	ends(t, "perplexity", r.Score, math.Exp(log.Score.Bounds.Lower), math.Exp(log.Score.Bounds.Upper))
	near(t, "share", r.Recovered.Value, log.Recovered.Value)
	b, _ := mean(lossBase)
	m, _ := mean(lossMerged)
	near(t, "change", r.Change.Value, math.Exp(m)-math.Exp(b))
	var u []float64 // e^m·mᵢ − e^b·bᵢ, the delta method
	for i := range lossBase {
		u = append(u, math.Exp(m)*lossMerged[i]-math.Exp(b)*lossBase[i])
	}
	_, se := mean(u)
	near(t, "its SE", r.Change.SE, se)
}

// TestClusters: two documents of one text are worth less than two.
func TestClusters(t *testing.T) {
	base, expert, merged := measured(results.Minimize, lossBase, nil), measured(results.Minimize, lossExpert, nil), measured(results.Minimize, lossMerged, nil)
	for i := range merged.Documents {
		merged.Documents[i].Cluster = fmt.Sprint(i / 2)
		base.Documents[i].Cluster = fmt.Sprint(i / 2)
		expert.Documents[i].Cluster = fmt.Sprint(i / 2)
	}
	_, r := ofMath(t, one(), base, expert, merged)
	d := minus(lossMerged, lossBase)
	m, _ := mean(d)
	var sum float64
	for i := 0; i < 6; i += 2 {
		pair := d[i] + d[i+1] - 2*m
		sum += pair * pair
	}
	near(t, "SE", r.Change.SE, math.Sqrt(3./2*sum)/6)
}

// TestRefused: there is no share of a gain that is none, or that may be none.
func TestRefused(t *testing.T) {
	loss := func(x ...float64) *evaluate.Score { return measured(results.Minimize, x, nil) }
	for want, expert := range map[string]*evaluate.Score{
		"not better than the base (-0.1)":                                 loss(1.1, 1.2, 1.3, 1.4),
		"not better than the base by two standard errors (+0.1 ± 0.0577)": loss(0.8, 0.9, 1.2, 1.3),
		"too uncertain for an interval":                                   loss(0.8, 0.9, 1.18, 1.28),
	} {
		_, r := ofMath(t, one(stages.Gate{Recovered: "worst", AtLeast: new(float64)}), loss(1, 1.1, 1.2, 1.3), expert, loss(1, 1, 1, 1))
		if r.Recovered != nil {
			t.Errorf("%s: %+v", want, r.Recovered)
		}
		holds(t, r.Refused, want)
	}
}

// TestDirection: somebody has to say what is better; the recipe before the evaluator.
func TestDirection(t *testing.T) {
	e := one()
	e.Tasks[0].At = fault.Position{File: "r.yaml", Line: 7, Column: 3}
	s := &evaluate.Scores{Candidates: []*evaluate.Scored{scored("merged", "math", measured(results.Unstated, lossMerged, nil))}}
	_, err := evaluate.Judge(e, s, nil)
	const want = "r.yaml:7:3: the evaluator does not say whether more of \"score\" is better or less; write `direction: maximize` or `direction: minimize` beside the metric"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v", err)
	}
	e.Tasks[0].Direction = "minimize"
	if j := judge(t, e, s); j.Tasks[0].Direction != results.Minimize {
		t.Errorf("%+v", j.Tasks[0])
	}
}

// TestNotApplied: an adapter that changed no document of any task.
func TestNotApplied(t *testing.T) {
	e, s := several()
	s.Candidates = append(s.Candidates, &evaluate.Scored{Name: "skipped", Scores: s.Base.Scores})
	s.Experts[0].Scores = map[string]*evaluate.Score{"math": s.Base.Scores["math"]}
	j := judge(t, e, s)
	if j.Candidates[0].NotApplied || !j.Candidates[1].NotApplied {
		t.Errorf("%+v, %+v", j.Candidates[0], j.Candidates[1])
	}
	want := []string{"math: no document of 6 changed against the base: the adapter seems not to have been applied",
		"skipped: no document of 24 changed against the base: the adapter seems not to have been applied"}
	if !slices.Equal(j.Notes, want) {
		t.Errorf("%q", j.Notes)
	}
}
