package merge_test

import (
	"maps"
	"math"
	"reflect"
	"slices"
	"testing"

	"github.com/loramerge/loramerge/internal/digest"
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
		const long = 1e15 // beside which the figures, which count as a run of a tenth of a second, are nothing
		rates := run.Rates{Classes: map[string]run.Pace{"reading": {Expected: long, Took: 3 * long}}, Whole: run.Pace{Expected: long, Took: 2 * long}}
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

// TestForeseenCuts: of a rank it is known beforehand whether it keeps all of ΔW, whose rank is no more than
// the sum of the adapters' ranks, and than the sides of its matrix: 16 and 8. The run that follows finds so.
func TestForeseenCuts(t *testing.T) {
	both := func(x float64) plan.Range { return plan.Range{Min: x, Max: x} }
	for name, c := range map[string]struct {
		lines []string
		want  *plan.RankCut
	}{
		"enough":       {[]string{"d: {delta: [a, b]}", "s: {sum: d}", "m: {factor: s, rank: 8}"}, &plan.RankCut{Rank: both(8), Of: both(8), AllModules: 6}},
		"too little":   {[]string{"d: {delta: [a, b]}", "s: {sum: d}", "m: {factor: s, rank: 7}"}, &plan.RankCut{Rank: both(7), Of: both(8), Modules: 6, AllModules: 6}},
		"here and not": {[]string{"d: {delta: [a, b, c]}", "s: {sum: d, missing: zero}", "m: {factor: s, rank: 8}"}, &plan.RankCut{Rank: both(8), Of: plan.Range{Min: 8, Max: 12}, Modules: 4, AllModules: 6}},
		"dense":        {[]string{"m: {ties: [a, b], density: 0.5, space: delta, rank: 8}"}, &plan.RankCut{Rank: both(8), Of: plan.Range{Min: 8, Max: 16}, Modules: 4, AllModules: 6}},
		"dense, all":   {[]string{"m: {ties: [a, b], density: 0.5, space: delta, rank: 16}"}, &plan.RankCut{Rank: both(16), Of: plan.Range{Min: 8, Max: 16}, AllModules: 6}},
		"core":         {[]string{"m: {ties: [a, b], density: 0.5, space: core, rank: 8}"}, &plan.RankCut{Rank: both(8), Of: both(8), AllModules: 6}},
		"several":      {[]string{"m: {rank: [a, c], to: 3, how: truncate}"}, &plan.RankCut{Rank: both(3), Of: both(4), Modules: 11, AllModules: 11}},
		"padded":       {[]string{"m: {rank: a, to: 8}"}, nil},
		"not known":    {[]string{"d: {delta: [a, b]}", "s: {sum: d}", "m: {factor: s, energy: 0.9}"}, nil},
	} {
		saved := "m"
		if name == "several" {
			saved = "m.a"
		}
		recipe := work(t, alike(), append(c.lines, "o: {save: "+saved+", to: out}")...)
		for _, s := range foreseen(t, recipe, run.Options{}).Stages {
			if s.Stage != "m" && s.Cut != nil || s.Stage == "m" && !reflect.DeepEqual(s.Cut, c.want) {
				t.Errorf("%s: %s has %+v, want %+v", name, s.Stage, s.Cut, c.want)
			}
		}
		if c.want == nil {
			continue
		}
		_, result := makeAnew(t, recipe, run.Options{})
		for _, d := range result.Deviations {
			if d.Stage == "m" && (d.Error > 1e-5) != (c.want.Modules > 0) {
				t.Errorf("%s: the run has lost %v of ‖ΔW‖", name, d.Error)
			}
		}
	}
}

// remembering remembers the hashes of tensors, however young their files are.
type remembering struct {
	plan.FreshHashes
	sums map[string]map[string]digest.Digest
}

func (r remembering) Tensors(path string, _ plan.Stater) plan.TensorHashes {
	return rememberedTensors{path, r.sums}
}

type rememberedTensors struct {
	path string
	sums map[string]map[string]digest.Digest
}

func (t rememberedTensors) Known() map[string]digest.Digest {
	known := make(map[string]digest.Digest)
	maps.Copy(known, t.sums[t.path])
	return known
}

func (t rememberedTensors) Unchanged() error { return nil }

func (t rememberedTensors) Remember(sums map[string]digest.Digest) error {
	t.sums[t.path] = maps.Clone(sums)
	return nil
}

// TestForeseenSurveys: no pass of a survey is counted that the cache spares, and no value that one pass leaves there for
// the next. Each pass takes ΔW anew; and the run that follows makes the same bytes.
func TestForeseenSurveys(t *testing.T) {
	for name, c := range map[string]struct {
		lines         []string
		before, after float64 // passes, as far as ΔW
	}{
		"one survey":             {[]string{"d: {delta: [a, b]}", "s: {sum: d}", "m: {factor: s, energy: 0.9}"}, 2, 1},
		"one before another":     {[]string{"d: {delta: [a, b]}", "s: {sum: d, norm: inputs}", "m: {factor: s, energy: 0.9}"}, 3, 1},
		"two before another":     {[]string{"d: {delta: [a, b]}", "w: {weigh: d}", "s: {sum: w, norm: inputs}", "m: {factor: s, budget: 3}"}, 4, 1},
		"none that is worth it":  {[]string{"d: {delta: [a, b]}", "s: {sum: d, norm: inputs}", "m: {factor: s, rank: 8}"}, 2, 2},
		"before what is kept":    {[]string{"d: {delta: [a, b]}", "w: {weigh: d}", "t: {trim: w, density: 0.5}", "s: {sum: t}", "m: {factor: s, rank: 8, keep: true}"}, 2, 0},
		"kept by another's pass": {[]string{"d: {delta: [a, b]}", "t: {trim: d, density: 0.5}", "s: {sum: t, keep: true}", "m: {factor: s, energy: 0.9}"}, 1, 0},
	} {
		recipe := work(t, alike(), append(c.lines, "o: {save: m, to: out}")...)
		options := run.Options{Jobs: 1, Measure: run.MeasureNone, Cache: openCache(t, t.TempDir()), Hashes: remembering{sums: make(map[string]map[string]digest.Digest)}}
		reading := func(options run.Options) float64 {
			stages := foreseen(t, recipe, options).Stages
			return float64(stages[slices.IndexFunc(stages, func(s plan.StageSummary) bool { return s.Stage == "d" })].Time)
		}
		without := options
		without.Cache = nil
		before := reading(options)
		first, _ := makeAnew(t, recipe, options)
		after := reading(options)
		again, _ := makeAnew(t, recipe, options)
		if once := before / c.before; once == 0 || after != once*c.after || reading(without) < before {
			t.Errorf("%s: %v ns, then %v, and %v without a cache; want %v passes, then %v", name, before, after, reading(without), c.before, c.after)
		}
		if first.weights != again.weights {
			t.Errorf("%s: other bytes", name)
		}
	}
}
