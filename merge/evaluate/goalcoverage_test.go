package evaluate_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/loramerge/loramerge/merge/evaluate"
	"github.com/loramerge/loramerge/merge/evaluate/results"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// world is what scores are drawn from, whose truth is known.
type world struct {
	documents int
	a, b      []float64 // true shares of two merges, by task
	noise     float64   // of a document's score of a merge
	alike     float64   // correlation of that of both merges, or of all answers
	answers   bool      // yes or no
	weights   bool
}

const worldGain = 0.3 // of every expert

func (w world) draw(r *rand.Rand) (*stages.Evaluation, *evaluate.Scores, *evaluate.Scored, *evaluate.Scored) {
	e, s := &stages.Evaluation{Confidence: 0.95, Base: true}, &evaluate.Scores{Base: scored("base")}
	merges := []*evaluate.Scored{scored("a"), scored("b")}
	for k := range w.a {
		name := fmt.Sprint("task", k)
		e.Tasks = append(e.Tasks, stages.Task{Name: name, Expert: name})
		of, direction := w.values(r, []float64{0, 1, w.a[k], w.b[k]})
		var weights []float64
		for range w.documents {
			if w.weights {
				weights = append(weights, math.Exp(r.NormFloat64()/2))
			}
		}
		s.Base.Scores[name] = measured(direction, of[0], weights)
		s.Experts = append(s.Experts, scored(name, name, measured(direction, of[1], weights)))
		for i, m := range merges {
			m.Scores[name] = measured(direction, of[2+i], weights)
		}
	}
	return e, s, merges[0], merges[1]
}

// values are the documents' of adapters with these shares.
func (w world) values(r *rand.Rand, shares []float64) ([][]float64, results.Direction) {
	out := make([][]float64, len(shares))
	for range w.documents {
		hard, gain, common := math.Exp(0.3*r.NormFloat64()), worldGain*(1+r.NormFloat64()/2), r.NormFloat64()
		guess := r.Float64()
		for i, share := range shares {
			switch {
			case !w.answers && i < 2:
				out[i] = append(out[i], hard-share*gain)
			case !w.answers:
				own := math.Sqrt(w.alike)*common + math.Sqrt(1-w.alike)*r.NormFloat64()
				out[i] = append(out[i], hard-share*gain+w.noise*own)
			default:
				if r.Float64() > w.alike {
					guess = r.Float64()
				}
				out[i] = append(out[i], 0)
				if guess < 0.4+worldGain*share {
					out[i][len(out[i])-1] = 1
				}
			}
		}
	}
	if w.answers {
		return out, results.Maximize
	}
	return out, results.Minimize
}

// outside counts how often an interval lies above and below the true difference of worst shares, and
// how often a is called better, among so many runs.
func (w world) outside(t *testing.T, runs int) (above, below, better int) {
	r, truth := rand.New(rand.NewPCG(1, 2)), least(w.a)-least(w.b)
	for range runs {
		e, s, a, b := w.draw(r)
		f, why := goalDifference(recipe.Goal{Recovered: "worst"}, e, s, a, b, 0.95)
		if why != "" || f.Bounds == nil {
			continue
		}
		if f.Bounds.Lower > truth {
			above++
		}
		if f.Bounds.Upper < truth {
			below++
		}
		if f.Bounds.Lower > 0 {
			better++
		}
	}
	t.Logf("%+v: above %d, below %d, better %d of %d", w, above, below, better, runs)
	return above, below, better
}

func least(x []float64) float64 {
	out := math.Inf(1)
	for _, v := range x {
		out = min(out, v)
	}
	return out
}

// TestCoverage: an interval lies above or below the truth in at most 2.5 % of runs each, and four
// standard deviations more; the runs are always the same. The third and fourth are the hardest cases
// of worst shares: equally bad on three tasks, and bad on one.
func TestCoverage(t *testing.T) {
	if testing.Short() {
		t.Skip("a simulation takes its time")
	}
	const runs = 500
	most := int(0.025*runs + 4*math.Sqrt(0.025*0.975*runs))
	even, uneven := []float64{0.5, 0.5, 0.5}, []float64{0.5, 0.9, 0.9}
	for _, w := range []world{
		{documents: 40, a: even, b: even, noise: 0.15, alike: 0.9},
		{documents: 12, a: uneven, b: uneven, noise: 0.15, alike: 0.5},
		{documents: 40, a: uneven, b: even, noise: 0.15, alike: 0.5},
		{documents: 40, a: even, b: uneven, noise: 0.15, alike: 0.5},
		{documents: 8, a: even[:1], b: even[:1], noise: 0.15, alike: 0.5},
		{documents: 12, a: even[:1], b: even[:1], noise: 0.15, alike: 0.5, weights: true},
		{documents: 100, a: even[:1], b: even[:1], alike: 0.8, answers: true},
		{documents: 100, a: uneven, b: even, alike: 0.8, answers: true},
	} {
		if above, below, _ := w.outside(t, runs); above > most || below > most {
			t.Errorf("%+v: the interval is above the truth %d times and below it %d times of %d, at most %d are expected", w, above, below, runs, most)
		}
	}
}

// TestPower: what is much better is called better, nearly always.
func TestPower(t *testing.T) {
	if testing.Short() {
		t.Skip("a simulation takes its time")
	}
	const runs = 100
	low, high := []float64{0.3, 0.5, 0.6}, []float64{0.6, 0.6, 0.6}
	for _, w := range []world{
		{documents: 100, a: high, b: low, noise: 0.15, alike: 0.5},
		{documents: 100, a: high[:1], b: low[:1], noise: 0.15, alike: 0.5, weights: true},
		{documents: 400, a: []float64{0.9, 0.9, 0.9}, b: []float64{0.1, 0.5, 0.5}, alike: 0.9, answers: true},
	} {
		if _, _, better := w.outside(t, runs); better < 90 {
			t.Errorf("%+v: better %d times of %d", w, better, runs)
		}
	}
}
