package merge_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
)

// warningsOf plans a recipe and gives what it is warned of, line by line.
func warningsOf(t *testing.T, recipe string) string {
	t.Helper()
	p, err := plan.Load(recipe, plan.Options{Force: true})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	var all []string
	for _, w := range p.Warnings {
		all = append(all, fmt.Sprintf("%s; %s", w.Text, w.Remedy))
	}
	return strings.Join(all, "\n")
}

// TestSharedDraws: two stages that drop the same elements of adapters of one name are told of
// where their results meet, and each remedy mends it.
func TestSharedDraws(t *testing.T) {
	const (
		shared = "x: {load: {p: a}}; y: {load: {p: b}}; d: {dare-drop: x, density: 0.5}; e: {dare-drop: y, density: 0.5}; "
		meet   = "m: {average: d}; n: {average: e}; z: {average: [m, n]}; o: {save: z, to: out}"
	)
	for lines, want := range map[string]bool{
		shared + meet: true,
		strings.Replace(shared, "y: {load: {p: b}}", "y: {load: {q: b}}", 1) + meet:                                      false,
		strings.Replace(shared, "e: {dare-drop: y, density: 0.5}", "e: {dare-drop: y, density: 0.5, seed: 1}", 1) + meet: false,
		shared + "m: {average: d}; n: {average: e}; o: {save: m, to: out}; u: {save: n, to: other}":                      false,
		"x: {load: {p: a}}; d: {dare-drop: x, density: 0.5}; e: {dare-drop: d, density: 0.5}; o: {save: e, to: out}":     false,
		strings.ReplaceAll(shared, "density: 0.5", "by: disagreement") + meet:                                            false,
	} {
		recipe := work(t, map[string]folder{"a": plain(4, 8, safetensors.F32), "b": plain(4, 8, safetensors.F32)}, strings.Split(lines, "; ")...)
		got := warningsOf(t, recipe)
		if strings.Contains(got, "at the same elements") != want {
			t.Errorf("%s: %q", lines, got)
		}
		if want && !strings.Contains(got, "\"p\" is dropped from here and in stage \"d\" at the same elements: the random elements depend on an adapter's name and the seed; load one \"p\" under another name, or give one of the stages another `seed`") {
			t.Errorf("%q", got)
		}
	}
}

// TestChosenRanksRemedies: what is proposed for readers of ranks that a run chooses mends both
// the warning and the run.
func TestChosenRanksRemedies(t *testing.T) {
	for reader, c := range map[string]struct{ remedy, stops, factor string }{
		"vllm, max-lora-rank: 1": {"give `max-rank: 1` where they are chosen", "max-lora-rank: 1", "energy: 0.99, max-rank: 1"},
		"sglang":                 {"give one `rank` instead where they are chosen", "SGLang", "rank: 4"},
		"lorax":                  {"give one `rank` instead where they are chosen", "LoRAX", "rank: 4"},
		"gguf-converter":         {"give one `rank` instead where they are chosen", "llama.cpp", "rank: 4"},
	} {
		lines := func(factor string) []string {
			return []string{"d: {delta: [a, b]}", "s: {sum: d}", "f: {factor: s, " + factor + "}", "o: {save: f, to: out, for: " + reader + "}"}
		}
		adapters := map[string]folder{"a": plain(4, 8, safetensors.F32), "b": plain(3, 8, safetensors.F32)}
		recipe := work(t, adapters, lines("energy: 0.8")...)
		if got := warningsOf(t, recipe); !strings.Contains(got, c.remedy) {
			t.Errorf("%s: %q", reader, got)
		}
		if _, err := runWith(t, recipe, run.Options{}); err == nil || !strings.Contains(err.Error(), c.stops) {
			t.Errorf("%s: %v", reader, err)
		}
		recipe = work(t, adapters, lines(c.factor)...)
		if got := warningsOf(t, recipe); regexp.MustCompile("the run chooses").MatchString(got) {
			t.Errorf("%s, mended: %q", reader, got)
		}
		if _, err := runWith(t, recipe, run.Options{}); err != nil {
			t.Errorf("%s, mended: %v", reader, err)
		}
	}
}
