package evaluate_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/merge/evaluate"
	"github.com/loramerge/loramerge/merge/evaluate/results"
	"github.com/loramerge/loramerge/stages"
)

// shared decodes a file of worked numbers, which numpy computed.
func shared(t *testing.T, into any, path ...string) string {
	t.Helper()
	folder := filepath.Join("..", "..", "..", "shared", "evaluators")
	data, err := os.ReadFile(filepath.Join(append([]string{folder}, path...)...))
	if err != nil {
		t.Skip("no worked numbers:", err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
	return folder
}

// known are those of the worked numbers that a judgement has.
type known struct {
	Data struct {
		Base, Expert, Merged, Bytes []float64
		A, B                        string
	}
	Means  map[string]struct{ Mean, SE float64 }
	Paired struct{ Diff, SE float64 }
	Binary struct {
		Diff float64
		SE   float64 `json:"paired_se"`
	}
	Wilson    map[string]float64 `json:"wilson_lower_95"`
	Recovered struct {
		Share   float64
		Gain    float64    `json:"gain_of_expert"`
		GainSE  float64    `json:"gain_se"`
		Delta   float64    `json:"se_delta_paired"`
		Fieller [2]float64 `json:"fieller_one_sided_95_t11"`
	}
	Summaries struct{ Share, SE float64 } `json:"recovered_from_summaries"`
	Weighted  struct {
		Base, Merged, Recovered [2]float64
		Difference              [2]float64 `json:"merged_minus_base"`
	}
	Clustered struct {
		Clusters  []int
		Clustered float64 `json:"se_clustered"`
	}
	Gate struct{ Mean, SE, Lower95, Upper95 float64 }
}

func TestKnownNumbers(t *testing.T) {
	k := new(known)
	shared(t, k, "stats.json")
	loss := func(x []float64) *evaluate.Score { return measured(results.Minimize, x, nil) }
	j, r := ofMath(t, one(), loss(k.Data.Base), loss(k.Data.Expert), loss(k.Data.Merged))
	for name, f := range map[string]*evaluate.Figure{"base": j.Tasks[0].Base, "expert": j.Tasks[0].Score, "merged": r.Score} {
		near(t, name, f.Value, k.Means[name].Mean)
		near(t, name+" SE", f.SE, k.Means[name].SE)
	}
	near(t, "change", r.Change.Value, k.Paired.Diff)
	near(t, "its SE", r.Change.SE, k.Paired.SE)
	near(t, "gain", j.Tasks[0].Gain.Value, k.Recovered.Gain)
	near(t, "its SE", j.Tasks[0].Gain.SE, k.Recovered.GainSE)
	near(t, "share", r.Recovered.Value, k.Recovered.Share)
	near(t, "its SE", r.Recovered.SE, k.Recovered.Delta)
	ends(t, "share", r.Recovered, k.Recovered.Fieller[0], k.Recovered.Fieller[1])

	of := func(x []float64) *evaluate.Score { return measured(results.Minimize, x, k.Data.Bytes) }
	j, r = ofMath(t, one(), of(k.Data.Base), of(k.Data.Expert), of(k.Data.Merged))
	for _, c := range []struct {
		what string
		f    *evaluate.Figure
		want [2]float64
	}{{"base", j.Tasks[0].Base, k.Weighted.Base}, {"merged", r.Score, k.Weighted.Merged}, {"change", r.Change, k.Weighted.Difference}, {"share", r.Recovered, k.Weighted.Recovered}} {
		near(t, "weighted "+c.what, c.f.Value, c.want[0])
		near(t, "weighted "+c.what+" SE", c.f.SE, c.want[1])
	}

	base, merged := loss(k.Data.Base), loss(k.Data.Merged)
	for i, c := range k.Clustered.Clusters {
		base.Documents[i].Cluster, merged.Documents[i].Cluster = fmt.Sprint(c), fmt.Sprint(c)
	}
	_, r = ofMath(t, one(), base, loss(k.Data.Expert), merged)
	near(t, "clustered", r.Change.SE, k.Clustered.Clustered)

	_, r = ofMath(t, one(), answers(k.Data.B), answers(k.Data.A), answers(k.Data.A))
	near(t, "answers", r.Change.Value, k.Binary.Diff)
	near(t, "answers' SE", r.Change.SE, k.Binary.SE)

	sum := func(value, se float64) *evaluate.Score { return summarized(results.Maximize, value, se, 0) }
	_, r = ofMath(t, one(), sum(.40, .0219), sum(.70, .0205), sum(.64, .0215))
	near(t, "share from summaries", r.Recovered.Value, k.Summaries.Share)
	near(t, "its SE", r.Recovered.SE, k.Summaries.SE)
	_, r = ofMath(t, one(), sum(.4, .02), sum(.7, .02), sum(k.Gate.Mean, k.Gate.SE))
	ends(t, "gate", r.Score, k.Gate.Lower95, k.Gate.Upper95)
}

func TestKnownCounts(t *testing.T) {
	k := new(known)
	shared(t, k, "stats.json")
	for name, want := range k.Wilson {
		var right, n int
		if _, err := fmt.Sscanf(name, "%d/%d", &right, &n); err != nil {
			t.Fatal(err)
		}
		if n >= 30 && right < n {
			continue // by its standard error
		}
		a := answers(strings.Repeat("1", right) + strings.Repeat("0", n-right))
		_, r := ofMath(t, one(), a, a, a)
		near(t, name, r.Score.Bounds.Lower, want)
	}
}

// TestSamples judges the sample files of lm-evaluation-harness.
func TestSamples(t *testing.T) {
	var expected struct {
		LMEval map[string]json.RawMessage `json:"lm-eval/current"`
	}
	folder := filepath.Join(shared(t, &expected, "samples", "expected.json"), "samples", "lm-eval")
	var pairs map[string]struct {
		Gain     float64 `json:"expert_minus_base"`
		GainSE   float64 `json:"expert_minus_base_paired_se"`
		Change   float64 `json:"merged_minus_base"`
		ChangeSE float64 `json:"paired_se"`
		N        int
		Share    float64 `json:"recovered"`
		ShareSE  float64 `json:"recovered_se_paired"`
		Refuse   bool    `json:"refuse_recovered"`
	}
	var text struct {
		Difference struct {
			SE    float64 `json:"se_linearised"`
			Value float64
		} `json:"merged_minus_base"`
	}
	for name, into := range map[string]any{"pairs": &pairs, "synth_text bits_per_byte,none": &text} {
		if err := json.Unmarshal(expected.LMEval[name], into); err != nil {
			t.Fatal(err)
		}
	}
	e := &stages.Evaluation{Confidence: 0.95, Tasks: []stages.Task{{Name: "text", ID: "synth_text", Metric: "bits_per_byte,none"}}}
	for name := range pairs {
		task, metric, _ := strings.Cut(name, " ")
		e.Tasks = append(e.Tasks, stages.Task{Name: name, ID: task, Metric: metric, Expert: "expert"})
	}
	read := func(name string, path ...string) *evaluate.Scored {
		run, err := results.Read("lm-eval", filepath.Join(append([]string{folder}, path...)...))
		if err != nil {
			t.Fatal(err)
		}
		s := scored(name)
		for _, task := range e.Tasks {
			m, err := run.Measure(task.ID, task.Metric)
			if err != nil {
				t.Fatal(err)
			}
			s.Scores[task.Name] = &evaluate.Score{Measurement: *m}
		}
		return s
	}
	s := &evaluate.Scores{Base: read("base", "current", "base"), Experts: []*evaluate.Scored{read("expert", "current", "expert")},
		Candidates: []*evaluate.Scored{read("merged", "current", "merged"), read("skipped", "odd", "adapter-not-applied")}}
	j := judge(t, e, s)
	merged := j.Candidates[0]
	for i, task := range j.Tasks {
		r := merged.Results[i]
		if task.Name == "text" {
			near(t, "text", r.Change.Value, text.Difference.Value)
			near(t, "text, SE", r.Change.SE, text.Difference.SE)
			continue
		}
		want := pairs[task.Name]
		near(t, task.Name+" gain", task.Gain.Value, want.Gain)
		near(t, task.Name+" gain, SE", task.Gain.SE, want.GainSE)
		near(t, task.Name+" change", r.Change.Value, want.Change)
		near(t, task.Name+" change, SE", r.Change.SE, want.ChangeSE)
		if want.Refuse != (r.Recovered == nil) || r.Change.Documents != want.N {
			t.Errorf("%s: %+v", task.Name, r)
		} else if !want.Refuse {
			near(t, task.Name+" share", r.Recovered.Value, want.Share)
			near(t, task.Name+" share, SE", r.Recovered.SE, want.ShareSE)
		}
	}
	if merged.NotApplied || !j.Candidates[1].NotApplied {
		t.Errorf("applied? %v, %v", merged.NotApplied, j.Candidates[1].NotApplied)
	}
	holds(t, strings.Join(j.Notes, "\n"), "skipped: no score changed against the base: the adapter seems not to have been applied")
}
