package sweep

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/stats"
	"github.com/loramerge/loramerge/merge/evaluate"
	"github.com/loramerge/loramerge/merge/evaluate/results"
	"github.com/loramerge/loramerge/merge/sweep/search"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// tried are trials from 0 on with these goals, on ten documents each.
func tried(goals ...[]float64) (out []*Trial) {
	for i, g := range goals {
		out = append(out, &Trial{Number: i, Goals: g, Documents: 10})
	}
	return out
}

func TestChoose(t *testing.T) {
	nan := math.NaN()
	fewer := tried([]float64{0.5}, []float64{0.7}, []float64{0.6})
	fewer[1].Documents = 5
	twins := tried([]float64{0.5, 0.5}, []float64{0.5, 0.5}, []float64{0.5, 0.5})
	twins[0].Repeats, twins[1].Repeats, twins[2].Repeats = []Repeat{{made: key{1}}}, []Repeat{{made: key{2}}}, []Repeat{{made: key{1}}}
	for _, c := range []struct {
		name   string
		trials []*Trial
		pick   int // −1 for none
		front  []int
	}{
		{"best", tried([]float64{0.5}, []float64{0.6}, []float64{0.7}, []float64{0.1}), 2, nil},
		{"equals", tried([]float64{0.5}, []float64{0.7}, []float64{0.7}), 1, nil},
		{"as it stands", tried([]float64{0.5}, []float64{0.5}, []float64{0.4}), 0, nil},
		{"failed", tried([]float64{0.5}, []float64{nan}, nil), 0, nil},
		{"none", tried(nil, []float64{nan}), -1, nil},
		{"halving", fewer, 2, nil},
		{"front", tried([]float64{0.5, 0.5}, []float64{0.6, 0.4}, []float64{0.5, 0.4}, []float64{0.6, 0.4}, []float64{0.9, nan}), -1, []int{0, 1, 3}},
		{"the same adapter", twins, -1, []int{0, 1}},
		{"front of one", tried([]float64{0.5, 0.5}, []float64{0.6, 0.5}), 1, nil},
	} {
		pick, front := Choose(c.trials)
		var numbers, chosen []int
		for _, f := range front {
			numbers = append(numbers, f.Number)
		}
		if (pick == nil) != (c.pick < 0) || (pick != nil && pick.Number != c.pick) || !slices.Equal(numbers, c.front) {
			t.Errorf("%s: %+v and %v", c.name, pick, numbers)
		}
		for _, f := range Chosen(c.trials) {
			chosen = append(chosen, f.Number)
		}
		if want := slices.DeleteFunc(append(c.front, max(0, c.pick)), func(n int) bool { return n == 0 }); !slices.Equal(chosen, want) {
			t.Errorf("%s: %v are to be tested, want %v", c.name, chosen, want)
		}
	}
}

// accuracies are an adapter's scores on the task math, of which more is better.
func accuracies(name string, values ...float64) *evaluate.Scored {
	s := &evaluate.Score{Measurement: results.Measurement{Direction: results.Maximize, N: len(values)}}
	for i, v := range values {
		s.Documents = append(s.Documents, results.Document{ID: fmt.Sprint(i), Value: v, Weight: 1})
		s.Value += v / float64(len(values))
	}
	return &evaluate.Scored{Name: name, Scores: map[string]*evaluate.Score{"math": s}}
}

// evidence is that of a sweep for the score on math, with a trial 1 that is picked.
func evidence(stood, pick *evaluate.Scored) Evidence {
	all := tried([]float64{0.5}, []float64{0.625}, []float64{0.25})
	return Evidence{Goals: []recipe.Goal{{Task: "math"}}, Asked: &stages.Evaluation{Confidence: 0.95, Tasks: []stages.Task{{Name: "math"}}},
		Stood: all[0], Trials: all[1:], Test: new(evaluate.Scores), Tested: map[int]*evaluate.Scored{0: stood, 1: pick}, Looks: 1}
}

var (
	low  = []float64{0.41, 0.52, 0.47, 0.55, 0.43, 0.50, 0.46, 0.54}
	high = []float64{0.62, 0.70, 0.66, 0.77, 0.60, 0.73, 0.68, 0.72}
	near = []float64{0.43, 0.50, 0.49, 0.54, 0.44, 0.51, 0.44, 0.56}
)

// t7 is Student's t at 0.975 with 7 degrees of freedom, from tables.
const t7 = 2.3646242515927844

func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		name, want string
		e          Evidence
		better     bool
	}{
		{"better", "Trial 1 is better than what you have by 0.2000 (0.1810 to 0.2190).", evidence(accuracies("", low...), accuracies("", high...)), true},
		{"worse", "Trial 1 is worse than what you have by 0.2000 (0.1810 to 0.2190): keep what you have.", evidence(accuracies("", high...), accuracies("", low...)), false},
		{"no difference", "Trial 1 is not better than what you have: keep it. The difference is 0.0038 (-0.0110 to 0.0185).", evidence(accuracies("", low...), accuracies("", near...)), false},
		{"the same", "Trial 1 is not better than what you have: none of 8 documents scored differently. Keep what you have.", evidence(accuracies("", low...), accuracies("", low...)), false},
		{"one document", "Trial 1 is not better than what you have, as far as is known: one document has no standard error. Keep what you have.", evidence(accuracies("", 0.5), accuracies("", 0.75)), false},
		{"not scored", "Trial 1 is not better than what you have, as far as is known: it was not scored on `test`. Keep what you have.", evidence(accuracies("", low...), nil), false},
	} {
		a := NewAnswer(c.e)
		if a.Text != c.want || a.Better != c.better || *a.Pick != 1 {
			t.Errorf("%s: %v, %q, want %q", c.name, a.Better, a.Text, c.want)
		}
		if _, err := json.Marshal(a); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if math.Abs(t7-stats.Critical(0.975, 7)) > 1e-9 {
		t.Error("t")
	}
}

func TestNothingToChoose(t *testing.T) {
	e := evidence(accuracies("", low...), nil)
	e.Stood.Goals = []float64{0.7}
	if a := NewAnswer(e); a.Better || *a.Pick != 0 || a.Text != "What you have is the best of what was tried (2 trials): keep it." || len(a.Verdicts) > 0 {
		t.Errorf("%+v", a)
	}
	e.Stood.Goals, e.Trials[0].Goals, e.Trials[1].Goals, e.Trials[1].Failed = nil, nil, nil, "it failed"
	a := NewAnswer(e)
	if a.Better || a.Pick != nil || a.Text != "No trial has reached the goal: there is nothing to compare with what you have." {
		t.Errorf("%+v", a)
	}
	if got := strings.Join(a.Remarks, "\n"); got != "1 trial failed." {
		t.Error(got)
	}
}

func TestRemarks(t *testing.T) {
	e := evidence(accuracies("", low...), accuracies("", near...))
	e.Looks, e.Trials[1].Failed, e.Trials[1].Goals = 3, "it failed", nil
	e.Trials[0].Repeats = []Repeat{{Seed: 7, Scores: Scores{"math": {Value: 0.6, Direction: "maximize"}}}, {Scores: Scores{"math": {Value: 0.65, Direction: "maximize"}}}}
	a := NewAnswer(e)
	want := []string{
		"Measured on 8 documents of `test`, which no trial had seen, side by side with the recipe as it stands; the interval has 95 % confidence.",
		"If it truly is better by 0.0038, about 86 documents of `test` are needed to show it half of the time.",
		"Over 2 seeds, a trial's goals vary by one standard deviation of: task: math by 0.035. On `test`, seed 7 was measured.",
		"For this recipe, 3 adapters have been scored on `test` by now. Whoever goes on until one is better will find one: choose `test` anew before the next sweep.",
		"1 trial failed.",
	}
	if !slices.Equal(a.Remarks, want) {
		t.Errorf("%q\nwant %q", a.Remarks, want)
	}
	e.Trials[1].Repeats, e.Trials[0].Repeats = e.Trials[0].Repeats, nil
	e.Trials[1].Failed, e.Trials[1].Goals = "", []float64{0.625}
	if got, want := NewAnswer(e).aboutSeeds(e), "Over 2 seeds, a trial's goals vary by one standard deviation of: task: math by 0.035."; got != want {
		t.Errorf("nothing on `test` depends on a seed, and it says %q", got)
	}
	if got := a.Spread.SD[0]; math.Abs(got-0.025*math.Sqrt2) > 1e-9 {
		t.Errorf("%g", got)
	}
}

// TestLuck: the remark has the numbers of the formula.
func TestLuck(t *testing.T) {
	e := evidence(accuracies("", low...), accuracies("", high...))
	a := NewAnswer(e)
	g := a.Verdicts[0].Goals[0]
	want := 1 / math.Sqrt(math.Pi) * g.Difference.SE * math.Sqrt(8./10) / math.Sqrt2 // of two normal numbers
	if math.Abs(g.Luck-want) > 1e-12 || g.OnSelect != 0.125 {
		t.Errorf("%+v, want %g", g, want)
	}
	text := fmt.Sprintf("On `select` it was the best of 2 trials, better than what you have by 0.12. By luck alone, the best of so many that are all as good as what you have would be better there by about %.2g.", want)
	if !slices.Contains(a.Remarks, text) {
		t.Errorf("%q\nwant %q", a.Remarks, text)
	}
}

// TestFrontAnswer: intervals of all members and goals together, and members that are alike.
func TestFrontAnswer(t *testing.T) {
	e := evidence(accuracies("", low...), accuracies("", high...))
	e.Goals, e.Asked.Tasks = []recipe.Goal{{Task: "math"}, {Task: "chat"}}, []stages.Task{{Name: "math"}, {Name: "chat"}}
	all := tried([]float64{0.5, 0.5}, []float64{0.7, 0.4}, []float64{0.6, 0.45}, []float64{0.3, 0.6})
	e.Stood, e.Trials = all[0], all[1:]
	for number, of := range map[int][2][]float64{0: {low, low}, 1: {high, near}, 2: {high, low}, 3: {near, near}} {
		e.Tested[number] = accuracies("", of[0]...)
		e.Tested[number].Scores["chat"] = accuracies("", of[1]...).Scores["math"]
	}
	e.Tested[1].Scores["chat"] = accuracies("", 0.21, 0.30, 0.29, 0.36, 0.24, 0.27, 0.26, 0.38).Scores["math"]
	a := NewAnswer(e)
	if a.Pick != nil || !slices.Equal(a.Front, []int{0, 1, 2, 3}) || len(a.Verdicts) != 3 || math.Abs(a.Confidence-(1-0.05/6)) > 1e-15 {
		t.Fatalf("%+v", a)
	}
	for i, want := range []Outcome{Trade, Better, NotBetter} {
		if a.Verdicts[i].Outcome != want {
			t.Errorf("%+v, want %s", a.Verdicts[i], want)
		}
	}
	if want := [][2]int{{0, 3}}; !slices.Equal(a.Alike, want) {
		t.Errorf("%v", a.Alike)
	}
	t.Log(a.Text)
	for _, part := range []string{"Trial 1 is better than what you have in one goal and worse in another: task: math is better by 0.20", "task: chat is worse by 0.19",
		"Trial 2 is better than what you have: task: math is better by 0.20", "task: chat is not shown to differ, 0.000 (", "Trial 3 is not better than what you have: "} {
		if !strings.Contains(a.Text, part) {
			t.Errorf("%q does not say %q", a.Text, part)
		}
	}
}

func TestEffects(t *testing.T) {
	e := Evidence{Goals: worst(), Axes: []recipe.Axis{{Name: "method", Values: []string{"sum", "ties", "never"}},
		{Name: "size", Range: &recipe.Range{Min: 0.01, Max: 10, Log: true}}, {Name: "rank", Range: &recipe.Range{Min: 8, Max: 64, Whole: true}}}}
	for i, set := range []search.Point{{"method": "sum", "size": "0.01", "rank": "8"}, {"method": "ties", "size": "0.2", "rank": "64"}, {"method": "ties", "size": "9"},
		{"method": "sum", "size": "10", "rank": "16"}, {"method": "sum", "size": "0.011"}, {"method": "sum", "size": "0.012"}, {"method": "sum", "size": "5"}} {
		e.Trials = append(e.Trials, &Trial{Number: i + 1, Set: set, Goals: []float64{float64(i)}})
	}
	e.Trials[6].Goals = []float64{math.NaN()}
	var got strings.Builder
	for _, effect := range effects(e) {
		for _, p := range effect.Parts {
			fmt.Fprintf(&got, "%s %s: %d, %g, %g\n", effect.Axis, p.Values, p.Trials, p.Mean[0], p.Best[0])
		}
	}
	const want = `method sum: 4, 3, 5
method ties: 2, 1.5, 2
size 0.01 to 0.1: 3, 3, 5
size 0.1 to 1: 1, 1, 1
size 1 to 10: 2, 2.5, 3
rank 8: 1, 0, 0
rank 16: 1, 3, 3
rank 64: 1, 1, 1
`
	if got.String() != want {
		t.Errorf("%s\nwant\n%s", got.String(), want)
	}
}
