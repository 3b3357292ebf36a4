package sweep

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/loramerge/loramerge/merge/evaluate"
	"github.com/loramerge/loramerge/merge/evaluate/results"
	"github.com/loramerge/loramerge/merge/sweep/search"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// land is where sweeps are drawn from whose truth is known: what each trial truly recovers of the gains
// of the experts.
type land struct {
	name         string
	goals        []recipe.Goal
	gains        []float64 // of the experts, by task
	trials       int
	seen, unseen int // documents of select and of test
	seeds        int
	noise        float64 // of a document's score of a trial
	seedNoise    float64 // of a trial's share with a seed
	answers      bool    // yes or no
	weights      bool
	truth        func(trial, task int) float64
}

// asked is what the sweeps of a land measure: the tasks, and one without an expert.
func (l land) asked() *stages.Evaluation {
	e := &stages.Evaluation{Confidence: 0.95, Base: true}
	for k := range l.gains {
		e.Tasks = append(e.Tasks, stages.Task{Name: fmt.Sprint("task", k), Expert: fmt.Sprint("task", k)})
	}
	e.Tasks = append(e.Tasks, stages.Task{Name: "chat"})
	return e
}

// split draws the documents of a split and scores the base, the experts and adapters with these shares.
func (l land) split(r *rand.Rand, documents int, shares [][]float64) (*evaluate.Scores, []*evaluate.Scored) {
	s := &evaluate.Scores{Base: &evaluate.Scored{Name: "base", Scores: make(map[string]*evaluate.Score)}}
	out := make([]*evaluate.Scored, len(shares))
	for i := range out {
		out[i] = &evaluate.Scored{Name: fmt.Sprint(i), Scores: make(map[string]*evaluate.Score)}
	}
	for k, t := range l.asked().Tasks {
		gain := 0.0
		if k < len(l.gains) {
			gain = l.gains[k]
			s.Experts = append(s.Experts, &evaluate.Scored{Name: t.Name, Scores: make(map[string]*evaluate.Score)})
		}
		want := []float64{0, 1}
		for _, of := range shares {
			want = append(want, of[k])
		}
		scores := l.scores(r, documents, gain, want)
		s.Base.Scores[t.Name] = scores[0]
		if k < len(l.gains) {
			s.Experts[k].Scores[t.Name] = scores[1]
		}
		for i := range out {
			out[i].Scores[t.Name] = scores[2+i]
		}
	}
	return s, out
}

// scores of one task: the base's and the expert's have the shares 0 and 1.
func (l land) scores(r *rand.Rand, documents int, gain float64, shares []float64) []*evaluate.Score {
	out := make([]*evaluate.Score, len(shares))
	for i := range out {
		out[i] = &evaluate.Score{Measurement: results.Measurement{Direction: results.Minimize, N: documents}}
		if l.answers {
			out[i].Direction = results.Maximize
		}
	}
	for n := range documents {
		hard, grows, common, weight, guess := math.Exp(0.3*r.NormFloat64()), 1+r.NormFloat64()/2, r.NormFloat64(), 1.0, r.Float64()
		if l.weights {
			weight = math.Exp(r.NormFloat64() / 2)
		}
		for i, share := range shares {
			d := results.Document{ID: fmt.Sprint(n), Weight: weight, Value: hard - share*gain*grows}
			switch own := r.Float64() < 0.1; {
			case l.answers && own && r.Float64() < 0.4+gain*share, l.answers && !own && guess < 0.4+gain*share:
				d.Value = 1
			case l.answers:
				d.Value = 0
			case i > 1:
				d.Value += l.noise * (common + r.NormFloat64()) / math.Sqrt2
			}
			out[i].Documents = append(out[i].Documents, d)
		}
	}
	for _, s := range out {
		var sum, total float64
		for _, d := range s.Documents {
			sum, total = sum+d.Weight*d.Value, total+d.Weight
		}
		s.Value = sum / total
	}
	return out
}

// answer is that of one sweep: trials are scored on select, and what is chosen on test.
func (l land) answer(t *testing.T, r *rand.Rand) *Answer {
	t.Helper()
	e := Evidence{Goals: l.goals, Asked: l.asked(), Tested: make(map[int]*evaluate.Scored), Looks: 1,
		Axes: []recipe.Axis{{Name: "size", Range: &recipe.Range{Min: 0, Max: 1}}}}
	var shares [][]float64 // of each trial with each seed
	for trial := range l.trials + 1 {
		for range l.seeds {
			var of []float64
			for k := range e.Asked.Tasks {
				of = append(of, l.truth(trial, k)+l.seedNoise*r.NormFloat64())
			}
			shares = append(shares, of)
		}
	}
	seen, adapters := l.split(r, l.seen, shares)
	var err error
	if e.References, err = referencesOf(seen, e.Asked); err != nil {
		t.Fatal(err)
	}
	for trial := range l.trials + 1 {
		of := &Trial{Number: trial, Set: search.Point{"size": fmt.Sprint(r.Float64())}, Documents: l.seen, Goals: make([]float64, len(l.goals))}
		for seed := range l.seeds {
			scores, err := scoresOf(adapters[trial*l.seeds+seed])
			if err != nil {
				t.Fatal(err)
			}
			values, _ := goals(l.goals, e.Asked, e.References, scores)
			for i, v := range values {
				of.Goals[i] += v / float64(l.seeds)
			}
			of.Repeats = append(of.Repeats, Repeat{Seed: uint64(seed), Scores: scores})
		}
		if e.Stood == nil {
			e.Stood = of
		} else {
			e.Trials = append(e.Trials, of)
		}
	}
	chosen := append([]*Trial{e.Stood}, Chosen(append([]*Trial{e.Stood}, e.Trials...))...)
	var tested [][]float64
	for _, c := range chosen {
		tested = append(tested, shares[c.Number*l.seeds])
	}
	var of []*evaluate.Scored
	e.Test, of = l.split(r, l.unseen, tested)
	for i, c := range chosen {
		e.Tested[c.Number] = of[i]
	}
	return NewAnswer(e)
}

func worst() []recipe.Goal { return []recipe.Goal{{Recovered: "worst"}} }

func nothingMatters(int, int) float64 { return 0.5 }

// TestNothingMatters: of 200 sweeps in which all trials are as good as the recipe as it stands, at
// most ten call one better.
func TestNothingMatters(t *testing.T) {
	if testing.Short() {
		t.Skip("a simulation takes its time")
	}
	even := []float64{0.3, 0.3, 0.3}
	for _, l := range []land{
		{name: "worst share", goals: worst(), gains: even, trials: 60, seen: 60, unseen: 60, noise: 0.1},
		{name: "unequal gains, weighted", goals: worst(), gains: []float64{0.15, 0.3, 0.6}, trials: 12, seen: 40, unseen: 60, noise: 0.1, weights: true},
		{name: "tasks that are unequal", goals: worst(), gains: even, trials: 12, seen: 40, unseen: 60, noise: 0.1, truth: func(_, task int) float64 { return 0.3 + 0.2*float64(task) }},
		{name: "one task, few documents", goals: worst(), gains: even[:1], trials: 10, seen: 10, unseen: 8, noise: 0.1},
		{name: "one task", goals: worst(), gains: even[:1], trials: 60, seen: 40, unseen: 60, noise: 0.1},
		{name: "mean", goals: []recipe.Goal{{Recovered: "mean"}}, gains: even, trials: 20, seen: 40, unseen: 40, noise: 0.1},
		{name: "answers", goals: worst(), gains: even, trials: 10, seen: 100, unseen: 200, answers: true},
		{name: "answers to one task", goals: []recipe.Goal{{Task: "task0"}}, gains: even[:1], trials: 20, seen: 100, unseen: 100, answers: true},
		{name: "forgotten", goals: []recipe.Goal{{Forgotten: "chat"}}, gains: even[:1], trials: 20, seen: 40, unseen: 40, noise: 0.1},
		{name: "seeds", goals: worst(), gains: even[:1], trials: 10, seen: 40, unseen: 40, seeds: 3, noise: 0.1},
		{name: "front", goals: []recipe.Goal{{Recovered: "worst"}, {Forgotten: "chat"}, {Task: "task0"}}, gains: even[:2], trials: 10, seen: 40, unseen: 40, noise: 0.1},
	} {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			if l.seeds = max(1, l.seeds); l.truth == nil {
				l.truth = nothingMatters
			}
			r := rand.New(rand.NewPCG(15, 200))
			better, seemed, expected := 0, 0.0, 0.0
			for range 200 {
				a := l.answer(t, r)
				if a.Better {
					better++
				}
				for _, v := range a.Verdicts {
					seemed, expected = seemed+v.Goals[0].OnSelect/200, expected+v.Goals[0].Luck/200
				}
			}
			t.Logf("%s: %d of 200 better; the pick looked better by %.3f on average, and luck is said to be %.3f", l.name, better, seemed, expected)
			if better > 10 {
				t.Errorf("%d of 200 sweeps where nothing matters say better", better)
			}
			if l.name == "one task" && math.Abs(seemed-expected) > 0.1*expected {
				t.Errorf("the pick looked better by %.4f, and luck is said to be %.4f", seemed, expected)
			}
		})
	}
}

// TestSomethingMatters: where the recipe as it stands is ten times wrong, it is found and said.
func TestSomethingMatters(t *testing.T) {
	if testing.Short() {
		t.Skip("a simulation takes its time")
	}
	l := land{goals: worst(), gains: []float64{0.3, 0.3, 0.3}, trials: 30, seen: 60, unseen: 100, seeds: 1, noise: 0.1,
		truth: func(trial, _ int) float64 { return 0.1 + 0.8*float64(trial)/30 }}
	r := rand.New(rand.NewPCG(15, 1))
	for range 50 {
		a := l.answer(t, r)
		g := a.Verdicts[0].Goals[0]
		if !a.Better || *a.Pick < 15 || g.Difference.Bounds.Lower < 0.2 || g.Difference.Bounds.Upper > 1.2 {
			t.Errorf("%s", a.Text)
		}
	}
}
