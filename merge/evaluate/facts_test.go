package evaluate_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/merge/evaluate"
	"github.com/loramerge/loramerge/merge/evaluate/results"
	"github.com/loramerge/loramerge/stages"
)

// measured is a score of documents d0, d1, …; weights may be nil.
func measured(direction results.Direction, values, weights []float64) *evaluate.Score {
	s := &evaluate.Score{Digest: digest.Describe("test").Text(fmt.Sprint(direction, values, weights)).Sum()}
	s.Direction, s.N = direction, len(values)
	var sum, total float64
	for i, v := range values {
		d := results.Document{ID: fmt.Sprint("d", i), Value: v, Weight: 1}
		if weights != nil {
			d.Weight = weights[i]
		}
		s.Documents = append(s.Documents, d)
		sum, total = sum+d.Weight*v, total+d.Weight
	}
	s.Value = sum / total
	return s
}

// summarized is a score of which no more is known than its standard error.
func summarized(direction results.Direction, value, se float64, n int) *evaluate.Score {
	return &evaluate.Score{Digest: digest.Describe("test").Text(fmt.Sprint(value, se)).Sum(),
		Measurement: results.Measurement{Value: value, SE: se, N: n, Direction: direction}}
}

// answers are yes and no.
func answers(text string) *evaluate.Score {
	var values []float64
	for _, c := range text {
		values = append(values, float64(c-'0'))
	}
	return measured(results.Maximize, values, nil)
}

func scored(name string, scores ...any) *evaluate.Scored {
	s := &evaluate.Scored{Name: name, Scores: make(map[string]*evaluate.Score)}
	for i := 0; i < len(scores); i += 2 {
		s.Scores[scores[i].(string)] = scores[i+1].(*evaluate.Score)
	}
	return s
}

// one is an evaluation of one task with an expert.
func one(gates ...stages.Gate) *stages.Evaluation {
	return &stages.Evaluation{Confidence: 0.95, Base: true, Gates: gates,
		Tasks: []stages.Task{{Name: "math", Metric: "score", Expert: "math"}}}
}

func judge(t *testing.T, e *stages.Evaluation, s *evaluate.Scores) *evaluate.Judgement {
	t.Helper()
	j, err := evaluate.Judge(e, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := json.Marshal(j); err != nil {
		t.Errorf("no JSON: %v", err)
	}
	return j
}

// ofMath judges one task by the scores of base, expert and merge.
func ofMath(t *testing.T, e *stages.Evaluation, base, expert, merged *evaluate.Score) (*evaluate.Judgement, *evaluate.Result) {
	t.Helper()
	j := judge(t, e, &evaluate.Scores{Base: scored("base", "math", base),
		Experts: []*evaluate.Scored{scored("math", "math", expert)}, Candidates: []*evaluate.Scored{scored("merged", "math", merged)}})
	return j, j.Candidates[0].Results[0]
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 1e-9) {
		t.Errorf("%s: %.12g, want %.12g", what, got, want)
	}
}

func ends(t *testing.T, what string, f *evaluate.Figure, low, high float64) {
	t.Helper()
	if f == nil || f.Bounds == nil {
		t.Errorf("%s: no bounds: %+v", what, f)
		return
	}
	near(t, what+", lower", f.Bounds.Lower, low)
	near(t, what+", upper", f.Bounds.Upper, high)
}

func holds(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q does not say %q", text, part)
		}
	}
}

// Student's t at 0.95 with 5 degrees of freedom, from tables.
const t5 = 2.0150483733330224

func mean(x []float64) (m, se float64) {
	for _, v := range x {
		m += v / float64(len(x))
	}
	for _, v := range x {
		se += (v - m) * (v - m)
	}
	return m, math.Sqrt(se / float64(len(x)-1) / float64(len(x)))
}

func minus(x, y []float64) []float64 {
	out := make([]float64, len(x))
	for i := range x {
		out[i] = x[i] - y[i]
	}
	return out
}
