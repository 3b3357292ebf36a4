package evaluate_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/merge/evaluate"
	"github.com/loramerge/loramerge/merge/evaluate/results"
)

// part is some documents of a score.
func part(of *evaluate.Score, numbers ...int) *evaluate.Score {
	out, sum, total := *of, 0.0, 0.0
	out.Documents, out.Split = nil, strings.Trim(strings.ReplaceAll(fmt.Sprint(numbers), " ", ","), "[]")
	for _, i := range numbers {
		d := of.Documents[i]
		out.Documents, sum, total = append(out.Documents, d), sum+d.Weight*d.Value, total+d.Weight
	}
	out.Value, out.N = sum/total, len(numbers)
	if out.Exp {
		out.Value = math.Exp(out.Value)
	}
	out.Digest = digest.Describe("part").Digests(of.Digest).Text(out.Split).Sum()
	out.Conditions = map[string]string{"seed": "1", results.HowMany: fmt.Sprint(len(numbers), " of 6")}
	out.Notes = []string{"shared", fmt.Sprint(len(numbers), " documents")}
	return &out
}

// TestJoin: a score of parts is the score of all their documents, in whatever order they come, and is
// compared as that is.
func TestJoin(t *testing.T) {
	for _, exp := range []bool{false, true} {
		whole := measured(results.Minimize, []float64{0.3, 0.1, 0.7, 0.2, 0.9, 0.4}, []float64{1, 2, 1, 5, 1, 3})
		if whole.Exp = exp; exp {
			whole.Value = math.Exp(whole.Value)
		}
		base := part(measured(results.Minimize, []float64{1.3, 1.2, 1.7, 1.2, 1.6, 1.4}, []float64{1, 2, 1, 5, 1, 3}), 0, 1, 2, 3, 4, 5)
		base.Exp = exp
		joined, err := evaluate.Join(part(whole, 4, 1), part(whole, 0, 5, 3), part(whole, 2))
		if err != nil {
			t.Fatal(err)
		}
		near(t, "value", joined.Value, whole.Value)
		if joined.N != 6 || joined.Split != "4,1,0,5,3,2" || fmt.Sprint(joined.Conditions, joined.Notes) != "map[seed:1] [shared]" || joined.Digest == whole.Digest {
			t.Errorf("%+v", joined)
		}
		whole.Conditions = joined.Conditions
		want, _ := evaluate.Compare(whole, base, 0.95)
		got, why := evaluate.Compare(joined, base, 0.95)
		if want == nil || got == nil || fmt.Sprint(*got.Bounds) != fmt.Sprint(*want.Bounds) || got.FellOut != 0 {
			t.Errorf("%+v, want %+v; %s", got, want, why)
		}
		// What was scored of some documents is compared with all of the base's.
		if some, why := evaluate.Compare(part(whole, 1, 2, 3), base, 0.95); some == nil || some.Documents != 3 {
			t.Errorf("%+v; %s", some, why)
		}
		if same, err := evaluate.Join(whole); same != whole || err != nil {
			t.Errorf("%+v, %v", same, err)
		}
	}
}

func TestJoinRefuses(t *testing.T) {
	whole := measured(results.Minimize, []float64{0.3, 0.1, 0.7}, nil)
	other := part(whole, 2)
	other.Conditions["seed"] = "2"
	for want, parts := range map[string][]*evaluate.Score{
		"the documents of a trial were not measured under one condition (seed: 1 and 2); change `version` in the evaluator's part of the recipe, or add it: then all scores are measured anew":                                        {part(whole, 0), other},
		"document \"d1\" was scored twice, as one of different documents; let the evaluator give each document an ID of its own, such as its number, whatever other documents are scored in the run, or leave `halving` out":          {part(whole, 0, 1), part(whole, 1)},
		"the scores of single documents are missing, from which `halving` puts scores together; let the evaluator write them (lm-eval's --log_samples, or `samples` in JSON) for a metric that is their mean, or leave `halving` out": {part(whole, 0), summarized(results.Minimize, 1, 0, 2)},
	} {
		if joined, err := evaluate.Join(parts...); err == nil || err.Error() != want {
			t.Errorf("%v, %v, want %s", joined, err, want)
		}
	}
}
