package evaluate_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/merge/evaluate"
	"github.com/loramerge/loramerge/merge/evaluate/results"
	"github.com/loramerge/loramerge/stages"
)

// TestTables: what people read of a judgement. Python's statistics module gives these numbers.
func TestTables(t *testing.T) {
	e, s := several(stages.Gate{Recovered: "worst", AtLeast: atLeast(0.5)})
	j := judge(t, e, s)
	const want = `| CANDIDATE | TASK | METRIC | BASE | EXPERT | SCORE | CHANGE | RECOVERED |
| --- | --- | --- | --- | --- | --- | --- | --- |
| merged | math | score | 1.415 ± 0.110 | 1.1217 ± 0.0783 | 1.2183 ± 0.0937 | -0.197 ± 0.017 | 67 % (64 to 72) |
| merged | python | score | 1.415 ± 0.110 | 1.1217 ± 0.0783 | 1.317 ± 0.102 | -0.0983 ± 0.0086 | 34 % (32 to 36) |
| merged | sql | score | 1.1217 ± 0.0783 | 1.415 ± 0.110 | 1.2183 ± 0.0937 | +0.097 ± 0.016 | – |
| merged | prose | score | 1.2183 ± 0.0937 |  | 1.415 ± 0.110 | +0.197 ± 0.017 |  |
| merged | worst |  |  |  |  |  | 34 % (32 to 36) |
| merged | mean |  |  |  |  |  | 50 % (48 to 52) |
`
	if got := j.Scores().Markdown(); got != want {
		t.Errorf("%s", got)
	}
	gates := j.GateTable()
	if len(gates.Rows) != 1 || !slices.Equal(gates.Rows[0][:3], []string{"recovered worst, at-least 0.5", "merged", "missed"}) {
		t.Errorf("%q", gates.Rows)
	}
	holds(t, strings.Join(j.Remarks(), "\n"), "merged, sql: no share of the expert's gain: its expert is not better than the base (-0.293)")
}

// TestRemarks: what no column says.
func TestRemarks(t *testing.T) {
	e, s := several()
	s.Candidates[0].Scores["math"].Documents = s.Candidates[0].Scores["math"].Documents[:4]
	s.Candidates[0].Scores["math"].Missing = 2
	s.Base.Scores["python"].Notes, s.Candidates[0].Scores["python"].Notes = []string{"odd"}, []string{"odd"}
	s.Candidates[0].Scores["python"].Documents, s.Candidates[0].Scores["python"].SE = nil, 0.1
	s.Base.Scores["python"].SE = 0.1
	s.Candidates[0].Scores["prose"] = s.Base.Scores["prose"]
	for _, x := range []*evaluate.Scored{s.Base, s.Candidates[0]} {
		x.Scores["bare"] = summarized(results.Maximize, float64(len(x.Name)), 0, 9)
	}
	e.Tasks = append(e.Tasks, stages.Task{Name: "bare"})
	s.Base.Scores["sql"].About, s.Candidates[0].Scores["sql"].About = map[string]string{"v": "1"}, map[string]string{"v": "2"}
	j := judge(t, e, s)
	if want := []string{"math: 2 documents have no score of merged", "python: odd"}; !slices.Equal(j.Notes, want) {
		t.Errorf("%q", j.Notes)
	}
	holds(t, strings.Join(j.Remarks(), "\n"),
		"merged, math: 2 documents were not in both runs, or were not the same, and 4 were compared",
		"merged, python: the evaluator gave no documents, so errors are wide",
		"merged, bare: the evaluator gave neither documents nor a standard error, so no error is known",
		"merged, prose: no document of 6 changed against the base",
		"merged, sql: not compared with the base: v: 1 and 2",
		"merged, sql: no share of the expert's gain: it was not measured under one condition (v: 1 and 2)")
}

// TestMarkdown: names are texts and nothing else.
func TestMarkdown(t *testing.T) {
	table := evaluate.Table{Heading: []string{"A"}, Rows: [][]string{{"a|b\n[x](y) `c` <i>_d_*"}}}
	if got := table.Markdown(); strings.Count(got, "\n") != 3 || !strings.Contains(got, `a\|b`) || !strings.Contains(got, `\[x](y) \`+"`c") || !strings.Contains(got, `&lt;i>\_d\_\*`) {
		t.Errorf("%s", got)
	}
}
