package evaluate_test

import (
	"encoding/json"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/loramerge/loramerge/merge/evaluate"
	"github.com/loramerge/loramerge/merge/evaluate/results"
	"github.com/loramerge/loramerge/stages"
)

// numbers are what evaluators may print, some of which overflow when they are added.
var numbers = rapid.OneOf(rapid.SampledFrom([]float64{0, 1, -1, 1e308, -1e308, 5e-324, 1e-160, math.MaxFloat64}), rapid.Float64Range(-2, 2))

func drawScore(t *rapid.T, name string) *evaluate.Score {
	n := rapid.IntRange(0, 5).Draw(t, name+" documents")
	direction := rapid.SampledFrom([]results.Direction{results.Maximize, results.Minimize}).Draw(t, "direction")
	s := measured(direction, rapid.SliceOfN(numbers, n, n).Draw(t, name), nil)
	s.Value, s.SE, s.N = numbers.Draw(t, name+" value"), math.Abs(numbers.Draw(t, name+" SE")), rapid.IntRange(0, 40).Draw(t, name+" N")
	s.Exp = rapid.Bool().Draw(t, name+" is a perplexity")
	return s
}

// TestAnyScores: whatever evaluators print, there is a judgement of finite numbers, with a sentence for
// every gate, and it is the same when the merge is judged again.
func TestAnyScores(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := one(stages.Gate{Recovered: "worst", AtLeast: atLeast(0.5)}, stages.Gate{Recovered: "mean", AtMost: atLeast(0.5)}, stages.Gate{Task: "math", AtLeast: atLeast(0.5)},
			stages.Gate{Forgotten: "worst", AtMost: atLeast(0.1)}, stages.Gate{Task: "math", Against: "locked", Margin: 0.1})
		if rapid.Bool().Draw(t, "without an expert") {
			e.Tasks[0].Expert = ""
		}
		s := &evaluate.Scores{Base: scored("base", "math", drawScore(t, "base")), Experts: []*evaluate.Scored{scored("math", "math", drawScore(t, "expert"))},
			Candidates: []*evaluate.Scored{scored("merged", "math", drawScore(t, "merged"))}}
		locked := map[string]*evaluate.Scores{"locked": {Candidates: []*evaluate.Scored{scored("merged", "math", drawScore(t, "locked"))}}}
		var texts []string
		for range 2 {
			j, err := evaluate.Judge(e, s, locked)
			if err != nil {
				t.Fatal(err)
			}
			text, err := json.Marshal(j)
			if err != nil {
				t.Fatal(err)
			}
			texts = append(texts, string(text)+j.Scores().Markdown()+j.GateTable().Markdown())
			for _, v := range j.Gates {
				if v.Text == "" || v.Outcome == "" || (v.Outcome == evaluate.Passed && v.Figure.Bounds == nil) {
					t.Errorf("%+v", v)
				}
			}
		}
		if texts[0] != texts[1] {
			t.Errorf("%s\n%s", texts[0], texts[1])
		}
	})
}
