package evaluate_test

import (
	"fmt"
	"testing"

	"github.com/loramerge/loramerge/merge/evaluate"
)

// TestAsked: scores tell what was asked for, so that a lock can be judged without its recipe.
func TestAsked(t *testing.T) {
	e, s := several()
	s.Candidates[0].Scores["math"].Metric = "score"
	got := s.Asked(0.9)
	var tasks []string
	for _, task := range got.Tasks {
		tasks = append(tasks, fmt.Sprint(task.Name, task.Expert, task.Metric, task.Direction))
	}
	if want := "[mathmathscoreminimize proseminimize pythonpythonminimize sqlsqlminimize]"; fmt.Sprint(tasks) != want || !got.Base || got.Confidence != 0.9 {
		t.Errorf("%v of %+v", tasks, got)
	}
	// An expert that was scored on everything is the expert of its own task alone.
	s.Experts[0].Scores["python"] = s.Base.Scores["python"]
	if got := s.Asked(0.9).Tasks[2]; got.Expert != "python" {
		t.Errorf("%+v", got)
	}
	whole, asked := judge(t, e, s), judge(t, s.Asked(0.95), s)
	ends(t, "worst", asked.Candidates[0].Worst, whole.Candidates[0].Worst.Bounds.Lower, whole.Candidates[0].Worst.Bounds.Upper)
}

// TestCompare: two merges' scores of one task, document by document, if they are of one metric.
func TestCompare(t *testing.T) {
	a, b := measured("", lossMerged, nil), measured("", lossBase, nil)
	f, why := evaluate.Compare(a, b, 0.95)
	d, se := mean(minus(lossMerged, lossBase))
	if near(t, "difference", f.Value, d); why != "" {
		t.Error(why)
	}
	ends(t, "difference", f, d-t5*se, d+t5*se)
	a.Metric, b.Metric = "acc,none", "acc_norm,none"
	if f, why := evaluate.Compare(a, b, 0.95); f != nil || why != "metric: acc,none and acc_norm,none" {
		t.Errorf("%+v, %q", f, why)
	}
}
