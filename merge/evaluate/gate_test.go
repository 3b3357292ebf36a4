package evaluate_test

import (
	"math"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/internal/stats"
	"github.com/loramerge/loramerge/merge/evaluate"
	"github.com/loramerge/loramerge/merge/evaluate/results"
	"github.com/loramerge/loramerge/stages"
)

func atLeast(x float64) *float64 { return &x }

// verdict is that of one gate on one task.
func verdict(t *testing.T, g stages.Gate, base, expert, merged *evaluate.Score) *evaluate.Verdict {
	t.Helper()
	j, _ := ofMath(t, one(g), base, expert, merged)
	if len(j.Gates) != 1 {
		t.Fatalf("%d verdicts", len(j.Gates))
	}
	if passed := j.Gates[0].Outcome == evaluate.Passed; j.Passed() != passed {
		t.Errorf("passed: %v, with %+v", j.Passed(), j.Gates[0])
	}
	return j.Gates[0]
}

// onScore is the verdict of a gate on a score.
func onScore(t *testing.T, bound float64, s *evaluate.Score) *evaluate.Verdict {
	t.Helper()
	return verdict(t, stages.Gate{Task: "math", AtLeast: atLeast(bound)}, s, s, s)
}

// TestGates: a score passes where its bound does, and is undecided where its bounds lie on both
// sides. 0.88 ± 0.0145 is at least 0.88 − 1.6449·0.0145 = 0.8561.
func TestGates(t *testing.T) {
	s := summarized(results.Maximize, 0.88, 0.0145, 500)
	for bound, want := range map[float64]evaluate.Outcome{0.85: evaluate.Passed, 0.856: evaluate.Passed, 0.857: evaluate.Undecided, 0.86: evaluate.Undecided, 0.90: evaluate.Undecided, 0.91: evaluate.Missed} {
		if v := onScore(t, bound, s); v.Outcome != want {
			t.Errorf("at least %g: %s, want %s: %s", bound, v.Outcome, want, v.Text)
		}
	}
	v := onScore(t, 0.87, s)
	z := 1.6448536269514715
	if want := int(math.Ceil(math.Pow(z*0.0145*math.Sqrt(500)/0.01, 2))); v.Needed != want {
		t.Errorf("%d documents, want %d", v.Needed, want)
	}
	if v := onScore(t, 0.88, s); v.Needed != 0 || !strings.Contains(v.Text, "more documents would decide") {
		t.Errorf("no number decides a margin of 0: %+v", v)
	}
	if v := onScore(t, 0.85, summarized(results.Maximize, 0.88, 0, 500)); v.Outcome != evaluate.Failed || !strings.Contains(v.Text, "neither documents nor a standard error") {
		t.Errorf("%+v", v)
	}
	if v := verdict(t, stages.Gate{Task: "math", AtMost: atLeast(0.9)}, s, s, s); v.Outcome != evaluate.Undecided {
		t.Errorf("%+v", v)
	}
	if v := verdict(t, stages.Gate{Task: "math", AtMost: atLeast(0.91)}, s, s, s); v.Outcome != evaluate.Passed {
		t.Errorf("%+v", v)
	}
}

// TestEqualAnswers: twenty right answers of twenty are no certainty, and say how many would be.
func TestEqualAnswers(t *testing.T) {
	right := answers(strings.Repeat("1", 20))
	v := onScore(t, 0.9, right)
	want := stats.Wilson(20, 20, 0.95)
	ends(t, "20 of 20", v.Figure, want.Lower, 1)
	if v.Outcome != evaluate.Undecided || v.Needed <= 20 || stats.Wilson(v.Needed, v.Needed, 0.95).Lower < 0.9 || stats.Wilson(v.Needed*4/5, v.Needed*4/5, 0.95).Lower >= 0.9 {
		t.Errorf("%+v", v)
	}
	if v := onScore(t, 0.9, answers(strings.Repeat("1", 200))); v.Outcome != evaluate.Passed {
		t.Errorf("%+v", v)
	}
	if v := onScore(t, 0.9, measured(results.Maximize, []float64{2, 2, 2}, nil)); v.Outcome != evaluate.Failed || !strings.Contains(v.Text, "every document has the same score") {
		t.Errorf("%+v", v)
	}
	if v := onScore(t, 0.9, measured(results.Maximize, []float64{2}, nil)); v.Outcome != evaluate.Failed || !strings.Contains(v.Text, "one document") {
		t.Errorf("%+v", v)
	}
}

// several has three tasks with experts, of which that of `sql` gained nothing, and one without.
func several(gates ...stages.Gate) (*stages.Evaluation, *evaluate.Scores) {
	e := &stages.Evaluation{Confidence: 0.95, Base: true, Gates: gates}
	for _, name := range []string{"math", "python", "sql"} {
		e.Tasks = append(e.Tasks, stages.Task{Name: name, Metric: "score", Expert: name})
	}
	e.Tasks = append(e.Tasks, stages.Task{Name: "prose", Metric: "score"})
	loss := func(x []float64) *evaluate.Score { return measured(results.Minimize, x, nil) }
	worse := make([]float64, 6)
	for i, x := range lossBase {
		worse[i] = x - (x-lossMerged[i])/2
	}
	return e, &evaluate.Scores{
		Base:       scored("base", "math", loss(lossBase), "python", loss(lossBase), "sql", loss(lossExpert), "prose", loss(lossMerged)),
		Experts:    []*evaluate.Scored{scored("math", "math", loss(lossExpert)), scored("python", "python", loss(lossExpert)), scored("sql", "sql", loss(lossBase))},
		Candidates: []*evaluate.Scored{scored("merged", "math", loss(lossMerged), "python", loss(worse), "sql", loss(lossMerged), "prose", loss(lossBase))},
	}
}

// TestShares: worst and mean are of the tasks that have a share, the others are named, and a gate
// of the worst holds each task's bound against the limit.
func TestShares(t *testing.T) {
	e, s := several(
		stages.Gate{Recovered: "worst", AtLeast: atLeast(0.3)}, stages.Gate{Recovered: "worst", AtLeast: atLeast(0.5)},
		stages.Gate{Recovered: "mean", AtLeast: atLeast(0.45)}, stages.Gate{Recovered: "math", AtLeast: atLeast(0.6)},
		stages.Gate{Recovered: "sql", AtLeast: atLeast(0)}, stages.Gate{Recovered: "prose", AtLeast: atLeast(0)},
		stages.Gate{Forgotten: "worst", AtMost: atLeast(0.1)}, stages.Gate{Forgotten: "prose", AtMost: atLeast(0.5)},
	)
	j := judge(t, e, s)
	c := j.Candidates[0]
	math0, python := c.Results[0].Recovered, c.Results[1].Recovered
	if c.WorstTask != "python" || c.Worst.Value != python.Value || strings.Join(c.Refused, " ") != "sql" {
		t.Errorf("%+v", c)
	}
	ends(t, "worst", c.Worst, python.Bounds.Lower, python.Bounds.Upper)
	near(t, "mean", c.Mean.Value, (math0.Value+python.Value)/2)
	near(t, "its SE", c.Mean.SE, math.Sqrt(math0.SE*math0.SE+python.SE*python.SE)/2)
	lost, se := mean(minus(lossBase, lossMerged))
	near(t, "forgotten", c.Results[3].Forgotten.Value, lost)
	ends(t, "forgotten", c.Results[3].Forgotten, lost-t5*se, lost+t5*se)
	for i, want := range []evaluate.Outcome{evaluate.Passed, evaluate.Missed, evaluate.Passed, evaluate.Passed, evaluate.Failed, evaluate.Failed, evaluate.Missed, evaluate.Passed} {
		if v := j.Gates[i]; v.Outcome != want {
			t.Errorf("%s: %s, want %s: %s", v.Gate, v.Outcome, want, v.Text)
		}
	}
	holds(t, j.Gates[0].Gate, "recovered worst, at-least 0.3")
	holds(t, j.Gates[0].Text, "(python) without sql (its expert is not better than the base (-0.")
	holds(t, j.Gates[4].Text, "no share: its expert is not better")
	holds(t, j.Gates[5].Text, "no share: the task has no expert")
	e.Tasks, e.Gates = e.Tasks[2:3], e.Gates[:1]
	if v := judge(t, e, s).Gates[0]; v.Outcome != evaluate.Failed || !strings.Contains(v.Text, "no task has a share: sql") {
		t.Errorf("%+v", v)
	}
}

// TestUnchanged: documents that have not changed bound what they could have hidden, 1 − 0.05^(1/n)
// of one document's change.
func TestUnchanged(t *testing.T) {
	e, s := several(stages.Gate{Forgotten: "prose", AtMost: atLeast(0.2)})
	s.Base.Scores["prose"], s.Candidates[0].Scores["prose"] = answers("01101101110110110101"), answers("01101101110110110101")
	v := judge(t, e, s).Gates[0]
	most := 1 - math.Pow(0.05, 1./20)
	ends(t, "forgotten", v.Figure, -most, most)
	if v.Outcome != evaluate.Passed || !v.Figure.Unchanged {
		t.Errorf("%+v", v)
	}
}

// TestNeededOfUnchanged: of documents that show no difference as many decide as could not have hidden
// one: about 3/n of them.
func TestNeededOfUnchanged(t *testing.T) {
	e, s := several(stages.Gate{Forgotten: "prose", AtMost: atLeast(0.01)})
	s.Base.Scores["prose"], s.Candidates[0].Scores["prose"] = answers("01101101110110110101"), answers("01101101110110110101")
	v := judge(t, e, s).Gates[0]
	if v.Outcome != evaluate.Undecided || v.Needed < 270 || v.Needed > 310 {
		t.Errorf("%+v", v)
	}
	// A merge with the expert's very answers has its whole gain, as far as 20 answers tell.
	v = verdict(t, stages.Gate{Recovered: "math", AtLeast: atLeast(0.9)}, answers("00000000001111100000"), answers("11111111111111100000"), answers("11111111111111100000"))
	most := (1 - math.Pow(0.05, 1./20)) / 0.5
	ends(t, "share", v.Figure, 1-most, 1+most)
	if v.Outcome != evaluate.Undecided || v.Needed < 50 || v.Needed > 60 {
		t.Errorf("%+v", v)
	}
}

// TestAgainst: no worse than another score by more than a margin, of the same documents.
func TestAgainst(t *testing.T) {
	merged := measured(results.Minimize, lossMerged, nil)
	slightly := make([]float64, 6) // worse by 0.005 on average
	for i, x := range lossMerged {
		slightly[i] = x - 0.005 + 0.001*float64(i%2) - 0.0005
	}
	was := measured(results.Minimize, slightly, nil)
	e := one(stages.Gate{Task: "math", Against: "locked", Margin: 0.01})
	now := &evaluate.Scores{Candidates: []*evaluate.Scored{scored("merged", "math", merged)}}
	on := func(other *evaluate.Scores) (*evaluate.Judgement, *evaluate.Verdict) {
		j, err := evaluate.Judge(e, now, map[string]*evaluate.Scores{"locked": other})
		if err != nil {
			t.Fatal(err)
		}
		return j, j.Gates[0]
	}
	of := func(name string, s *evaluate.Score) *evaluate.Scores {
		return &evaluate.Scores{Candidates: []*evaluate.Scored{scored(name, "math", s)}}
	}
	j, v := on(of("renamed since", was))
	d, se := mean(minus(slightly, lossMerged))
	near(t, "difference", v.Figure.Value, d)
	ends(t, "difference", v.Figure, d-t5*se, d+t5*se)
	if v.Outcome != evaluate.Passed || !j.Passed() {
		t.Errorf("%+v", v)
	}
	holds(t, v.Text, "1.218 against 1.213 in the lock: worse by 0.005, between 0.00")
	if _, v := on(of("merged", measured(results.Minimize, lossBase, nil))); !strings.Contains(v.Text, "1.218 against 1.415 in the lock: better by 0.197, between 0.1") {
		t.Errorf("%s", v.Text)
	}
	same := measured(results.Minimize, lossMerged, nil)
	same.Digest = digest.Describe("another adapter").Sum()
	if _, v := on(of("merged", same)); !strings.Contains(v.Text, "1.218 as in the lock: no document of 6 changed, between -0.") || v.Outcome != evaluate.Undecided {
		t.Errorf("%+v", v)
	}
	e.Gates[0].Margin = 0.001
	if j, v := on(of("merged", was)); v.Outcome != evaluate.Missed || j.Passed() {
		t.Errorf("%+v", v)
	}
	merged.About = map[string]string{"lm-eval": "0.4.9"}
	for want, other := range map[string]*evaluate.Scores{
		"nothing to compare with":                             nil,
		"the lock has no such score":                          {Candidates: []*evaluate.Scored{scored("a", "math", was), scored("b", "math", was)}},
		"compared with itself":                                of("merged", merged),
		"(lm-eval: 0.4.8 and 0.4.9); --force renews the lock": of("merged", &evaluate.Score{Measurement: results.Measurement{Value: 1, About: map[string]string{"lm-eval": "0.4.8"}}}),
	} {
		j, v := on(other)
		holds(t, v.Text, want)
		if unchecked := !strings.Contains(want, "lm-eval"); unchecked != (v.Outcome == evaluate.Unchecked) || unchecked != j.Passed() {
			t.Errorf("%s: %+v", want, v)
		}
	}
	was.Method, merged.Method = digest.Describe("one").Sum(), digest.Describe("another").Sum()
	if _, v := on(of("merged", was)); v.Outcome != evaluate.Failed || !strings.Contains(v.Text, "the evaluator's command or what it reads is another") {
		t.Errorf("%+v", v)
	}
	was.Method = merged.Method
	e.Gates[0].Margin = 0.01
	was.Documents = nil
	was.SE, merged.SE = 0.08, 0.08
	if _, v := on(of("merged", was)); v.Outcome != evaluate.Undecided || !v.Figure.Wide || !strings.Contains(v.Text, "wide, since there are no documents to pair") {
		t.Errorf("%+v", v)
	}
}

// TestEveryCandidate: all gates are judged of all candidates, whatever the first of them was.
func TestEveryCandidate(t *testing.T) {
	e, s := several(stages.Gate{Recovered: "worst", AtLeast: atLeast(0.9)}, stages.Gate{Task: "math", AtMost: atLeast(9)})
	second := *s.Candidates[0]
	second.Name = "second"
	s.Candidates = append(s.Candidates, &second)
	j := judge(t, e, s)
	var got []string
	for _, v := range j.Gates {
		got = append(got, v.Candidate+" "+string(v.Outcome))
	}
	if strings.Join(got, ", ") != "merged missed, second missed, merged passed, second passed" {
		t.Errorf("%v", got)
	}
	if j.Passed() {
		t.Error("passed")
	}
}
