package merge_test

import (
	"math"
	"testing"

	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
)

func foreseen(t *testing.T, recipe string, options run.Options) plan.Summary {
	t.Helper()
	p, err := plan.Load(recipe, plan.Options{Force: true})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	return run.Foresee(t.Context(), p, options)
}

// TestForeseenTime: the time is that of the work on the cores there are, by the rates of earlier runs.
func TestForeseenTime(t *testing.T) {
	for name, lines := range ways {
		recipe := work(t, alike(), append(lines, "o: {save: m, to: out}")...)
		plain := foreseen(t, recipe, run.Options{Jobs: 1})
		if plain.Time.Time <= 0 || !plain.Time.Guessed {
			t.Fatalf("%s: %+v without an earlier run", name, *plain.Time)
		}
		var parts int64
		for _, s := range plain.Stages {
			parts += s.Time
		}
		nearTime(t, name+": its stages", float64(parts), float64(plain.Time.Time))
		nearTime(t, name+": two jobs", float64(foreseen(t, recipe, run.Options{Jobs: 2}).Time.Time), float64(plain.Time.Time)/2)
		rates := run.Rates{Classes: map[string]run.Pace{"reading": {Expected: 1e9, Took: 3e9}}, Whole: run.Pace{Expected: 1e9, Took: 2e9}}
		slow := foreseen(t, recipe, run.Options{Jobs: 1, Rates: rates})
		if slow.Time.Guessed {
			t.Errorf("%s: it goes by no earlier run", name)
		}
		nearTime(t, name+": a slower machine", float64(slow.Time.Time), 6*float64(plain.Time.Time))
		if all := foreseen(t, recipe, run.Options{Jobs: 1, Measure: run.MeasureNone}); all.Time.Time > plain.Time.Time {
			t.Errorf("%s: to measure nothing takes longer", name)
		}
	}
}

// nearTime compares times of whole nanoseconds, of some stages each.
func nearTime(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 20 {
		t.Errorf("%s: %v ns, not %v", what, got, want)
	}
}

// TestProgressOfWork: the share of the whole run, surveys included, grows from nothing to all of it.
func TestProgressOfWork(t *testing.T) {
	for name, lines := range ways {
		recipe := work(t, alike(), append(lines, "o: {save: m, to: out}")...)
		var all []run.Progress
		// On so slow a machine each stage is told of at each module.
		rates := run.Rates{Classes: map[string]run.Pace{"reading": {Expected: 1e9, Took: 1e17}}}
		makeAnew(t, recipe, run.Options{Jobs: 2, Rates: rates, Progress: func(now run.Progress) { all = append(all, now) }})
		last := run.Progress{}
		for _, now := range all {
			if now.Done < last.Done && now.Surveying == last.Surveying || now.Begun < now.Done-1e-9 || now.Expected <= 0 || now.Expected != all[0].Expected {
				t.Fatalf("%s: %+v after %+v", name, now, last)
			}
			last = now
		}
		if all[0].Done != 0 || last.Done < 1-1e-9 {
			t.Errorf("%s: from %v to %v", name, all[0].Done, last.Done)
		}
	}
}
