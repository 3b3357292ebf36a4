package merge_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/adapter/peft"
	"github.com/loramerge/loramerge/internal/cache"
	"github.com/loramerge/loramerge/merge/run"
)

// openCache opens a cache in a folder of its own.
func openCache(t testing.TB, dir string) *cache.Cache {
	t.Helper()
	c, err := cache.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// made is what a run made, as far as it must not depend on the way it was made.
type made struct {
	weights, config, card string
	deviations            []run.StageDeviation
}

// makeAnew runs a recipe whatever stands already.
func makeAnew(t testing.TB, recipe string, options run.Options) (made, *run.Result) {
	t.Helper()
	options.Lock = run.LockIgnore
	result, err := runWith(t, recipe, options)
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(filepath.Dir(recipe), "out")
	return made{readText(t, filepath.Join(out, peft.WeightsFile)), readText(t, filepath.Join(out, peft.ConfigFile)),
		readText(t, filepath.Join(out, adapter.CardFile)), result.Deviations}, result
}

func readText(t testing.TB, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestCacheChangesNothing: with the cache off, cold, warm and half deleted, and with any
// number of jobs, weights, configuration and card are the same, the losses that the card
// tells of included.
func TestCacheChangesNothing(t *testing.T) {
	for name, lines := range ways {
		t.Run(name, func(t *testing.T) {
			recipe := work(t, alike(), append(lines, "o: {save: m, to: out}")...)
			want, _ := makeAnew(t, recipe, run.Options{Jobs: 1})
			for _, mode := range []run.CacheMode{run.CacheAuto, run.CacheAll} {
				dir := t.TempDir()
				for _, state := range []string{"cold", "warm", "half deleted"} {
					if state == "half deleted" {
						deleteHalf(t, dir)
					}
					for _, jobs := range []int{8, 1, 2} {
						options := run.Options{Jobs: jobs, Cache: openCache(t, dir), CacheMode: mode}
						got, result := makeAnew(t, recipe, options)
						if !reflect.DeepEqual(got, want) {
							t.Errorf("mode %d, %s, %d jobs: another result", mode, state, jobs)
						}
						if len(result.Warnings) > 0 && state != "half deleted" {
							t.Errorf("mode %d, %s: warnings %v", mode, state, result.Warnings)
						}
					}
				}
			}
		})
	}
}

// deleteHalf removes every other file of a cache.
func deleteHalf(t *testing.T, dir string) {
	t.Helper()
	for i, path := range filesBelow(t, dir) {
		if i%2 == 0 {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// filesBelow lists the files of a cache, by their paths, but for its tag.
func filesBelow(t testing.TB, dir string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*", "??", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// counts gives how often each stage was computed and found.
func counts(result *run.Result) map[string]string {
	out := make(map[string]string)
	for _, s := range result.Stages {
		out[s.Stage] = fmt.Sprintf("%d+%d", s.Computed, s.Cached)
	}
	return out
}

// TestWarmRunComputesNothing: of a stage that is kept, nothing before it is computed or
// even looked for; and what one run told of its losses, the next tells from the cache.
func TestWarmRunComputesNothing(t *testing.T) {
	recipe := work(t, alike(), "d: {delta: [a, b]}", "t: {trim: d, density: 0.5}", "s: {sum: t}", "m: {factor: s, rank: 2}", "o: {save: m, to: out}")
	options := run.Options{Cache: openCache(t, t.TempDir()), CacheMode: run.CacheAll}
	_, cold := makeAnew(t, recipe, options)
	_, warm := makeAnew(t, recipe, options)
	// Of the adapters' six modules each.
	if got, want := counts(cold), map[string]string{"a": "0+0", "b": "0+0", "c": "0+0", "d": "6+0", "t": "6+0", "s": "6+0", "m": "6+0", "o": "0+0"}; !reflect.DeepEqual(got, want) {
		t.Errorf("cold: %v, want %v", got, want)
	}
	if got, want := counts(warm), map[string]string{"a": "0+0", "b": "0+0", "c": "0+0", "d": "0+0", "t": "0+0", "s": "0+0", "m": "0+6", "o": "0+0"}; !reflect.DeepEqual(got, want) {
		t.Errorf("warm: %v, want %v", got, want)
	}
	if len(warm.Deviations) == 0 || !reflect.DeepEqual(warm.Deviations, cold.Deviations) {
		t.Errorf("losses: %+v, first %+v", warm.Deviations, cold.Deviations)
	}
}

// TestSweep: where only a parameter of the last stage changes, all before it comes from
// the cache: what is cut, and the adapters, of which the run says what the new cut keeps.
func TestSweep(t *testing.T) {
	dir, lines := t.TempDir(), "d: {delta: [a, b]}\n  t: {trim: d, density: 0.5}\n  e: {elect: t}\n  s: {average: e}\n  m: {factor: s, rank: %d}"
	for i, rank := range []int{2, 3, 4, 5} {
		recipe := work(t, alike(), fmt.Sprintf(lines, rank), "o: {save: m, to: out}")
		_, result := makeAnew(t, recipe, run.Options{Cache: openCache(t, dir), CacheMode: run.CacheAll})
		got := counts(result)
		want := map[string]string{"d": "0+6", "t": "0+0", "e": "0+0", "s": "0+6", "m": "6+0"}
		if i == 0 {
			want = map[string]string{"d": "6+0", "t": "6+0", "e": "6+0", "s": "6+0", "m": "6+0"}
		}
		for stage, count := range want {
			if got[stage] != count {
				t.Errorf("rank %d: stage %s computed and found %s times, want %s", rank, stage, got[stage], count)
			}
		}
	}
}

// TestSurveyIsRemembered: a warm run with ranks by energy decomposes nothing, neither
// for the ranks nor for the factors, and so computes nothing before them; and what it
// remembers is of these parameters alone.
func TestSurveyIsRemembered(t *testing.T) {
	dir := t.TempDir()
	for i, energy := range []string{"0.6", "0.6", "0.9", "0.9"} {
		recipe := work(t, alike(), "d: {delta: [a, b]}", "t: {trim: d, density: 0.5}", "s: {sum: t}", "m: {factor: s, energy: "+energy+", keep: true}", "o: {save: m, to: out}")
		want, _ := makeAnew(t, recipe, run.Options{})
		got, result := makeAnew(t, recipe, run.Options{Cache: openCache(t, dir)})
		if !reflect.DeepEqual(got, want) {
			t.Errorf("energy %s, run %d: another result", energy, i)
		}
		for _, s := range result.Stages {
			if warm := i%2 == 1; warm && s.Computed > 0 {
				t.Errorf("energy %s: stage %s was computed %d times", energy, s.Stage, s.Computed)
			}
		}
	}
}
