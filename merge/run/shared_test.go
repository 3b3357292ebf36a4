package run_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/merge/run"
)

// sharedBy are the results that are in more than one plan.
func (b *bench) sharedBy(trials ...map[string]string) map[digest.Digest]bool {
	b.Helper()
	counts, shared := make(map[digest.Digest]int), make(map[digest.Digest]bool)
	for _, vars := range trials {
		results, err := run.Results(b.Context(), b.plan(vars), b.options())
		if err != nil {
			b.Fatal(err)
		}
		for _, d := range results {
			counts[d]++
			shared[d] = counts[d] > 1
		}
	}
	return shared
}

func (b *bench) wantComputed(options run.Options, vars map[string]string, want map[string]int64) {
	b.Helper()
	got, err := run.Computed(b.Context(), b.plan(vars), options, candidate)
	if err != nil {
		b.Fatal(err)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		b.Errorf("%v: computed %v, want %v", vars, got, want)
	}
}

// TestSharedIsComputedOnce: what several trials have in common is computed by the first, whatever it costs,
// and what only one of them has is not kept.
func TestSharedIsComputedOnce(t *testing.T) {
	b := newBench(t)
	first, second, third := map[string]string{"size": "2"}, map[string]string{"size": "3"}, map[string]string{"density": "0.2"}
	options := b.options()
	options.Shared = b.sharedBy(first, second, third)
	b.wantComputed(options, first, map[string]int64{"trimmed": 2, "merged": 2, "sized": 2})
	entries := b.entries()
	b.wantComputed(options, second, map[string]int64{"sized": 2})
	if more := b.entries() - entries; more != 3 {
		t.Errorf("%d entries are kept, want those of two scores and of the adapter's digest", more)
	}
	b.wantComputed(options, third, map[string]int64{"trimmed": 2, "merged": 2, "sized": 2})
	b.wantComputed(options, first, map[string]int64{})
}

func (b *bench) entries() int {
	b.Helper()
	info, err := b.cache.Info()
	if err != nil {
		b.Fatal(err)
	}
	return info.Entries
}

// TestSharedSurveys: what a shared stage must see of whole adapters is looked at once, whatever it is.
func TestSharedSurveys(t *testing.T) {
	for name, merged := range map[string]string{
		"rescale": "{sum: trimmed, norm: inputs}", "norm": "{rescale: experts.python, like: experts, scope: adapter}", "weigh": "{weigh: experts}",
		"trim": "{trim: experts, density: 0.5, scope: adapter}", "factor": "{svd: experts, energy: 0.8}",
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			text := fmt.Sprintf(scoredRecipe, os.Args[0])
			if name == "weigh" || name == "trim" { // which leave two adapters
				text = strings.Replace(text, "{scale: merged,", "{scale: merged.sql,", 1)
			}
			b.write(strings.Replace(text, "{sum: trimmed}", merged, 1))
			first, second := map[string]string{"size": "2"}, map[string]string{"size": "3"}
			surveyed, options, alone := 0, b.options(), b.options()
			options.Progress = func(p run.Progress) {
				if p.Surveying && p.Modules > 0 {
					surveyed++
				}
			}
			options.Shared, alone.CacheMode = b.sharedBy(first, second), run.CacheOff
			for i, vars := range []map[string]string{first, second} {
				surveyed = 0
				got, _, err := run.Score(t.Context(), b.plan(vars), options, candidate)
				check(err)
				want, _, err := run.Score(t.Context(), b.plan(vars), alone, candidate)
				check(err)
				if x, y := got.Candidates[0].Scores["sql"], want.Candidates[0].Scores["sql"]; x.Digest != y.Digest {
					t.Errorf("%v: %s, want %s", vars, x.Digest, y.Digest)
				}
				if (surveyed > 0) != (i == 0) {
					t.Errorf("%v: %d modules were surveyed", vars, surveyed)
				}
			}
		})
	}
}

// TestSharedChangesNoScore: what comes from the cache gives the bytes that are computed.
func TestSharedChangesNoScore(t *testing.T) {
	b := newBench(t)
	b.write(strings.Replace(fmt.Sprintf(scoredRecipe, os.Args[0]), "{sum: trimmed}", "{ties: experts, density: 0.5, space: delta, rank: 3}", 1))
	trials := []map[string]string{{"size": "2"}, {"size": "3"}}
	shared, alone := b.options(), b.options()
	shared.Shared, alone.CacheMode = b.sharedBy(trials...), run.CacheOff
	for _, vars := range trials {
		want, _, err := run.Score(t.Context(), b.plan(vars), alone, candidate)
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := run.Score(t.Context(), b.plan(vars), shared, candidate)
		if err != nil {
			t.Fatal(err)
		}
		if x, y := got.Candidates[0].Scores["sql"], want.Candidates[0].Scores["sql"]; x.Digest != y.Digest || x.Value != y.Value {
			t.Errorf("%v: %+v, want %+v", vars, x, y)
		}
	}
}
