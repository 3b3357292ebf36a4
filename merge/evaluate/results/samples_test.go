package results_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/stats"
	"github.com/loramerge/loramerge/merge/evaluate/results"
)

// samples is the folder of sample files, and what a right reader finds in them.
func samples(t *testing.T) (string, map[string]json.RawMessage) {
	t.Helper()
	folder := filepath.Join("..", "..", "..", "..", "shared", "evaluators", "samples")
	data, err := os.ReadFile(filepath.Join(folder, "expected.json"))
	if err != nil {
		t.Skip("no samples:", err)
	}
	var expected map[string]json.RawMessage
	if err := json.Unmarshal(data, &expected); err != nil {
		t.Fatal(err)
	}
	return folder, expected
}

func decode(t *testing.T, raw json.RawMessage, into any) {
	t.Helper()
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, format, folder string) results.Run {
	t.Helper()
	run, err := results.Read(format, folder)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func measure(t *testing.T, run results.Run, task, metric string) *results.Measurement {
	t.Helper()
	m, err := run.Measure(task, metric)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func estimate(m *results.Measurement) stats.Estimate {
	var v, w []float64
	for _, d := range m.Documents {
		v, w = append(v, d.Value), append(w, d.Weight)
	}
	return stats.Weighted(v, w, nil)
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 1e-9) {
		t.Errorf("%s: %.12g, want %.12g", what, got, want)
	}
}

func refused(t *testing.T, err error, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%v, want it to say %q", err, part)
		}
	}
}

func TestSamplesOfLMEval(t *testing.T) {
	folder, all := samples(t)
	var want struct {
		Metrics map[string]map[string]map[string]json.RawMessage
		Pairs   map[string]struct {
			N                   int
			Difference          float64 `json:"merged_minus_base"`
			SE                  float64 `json:"paired_se"`
			Recovered, ExpertSE float64
			RecoveredSE         float64 `json:"recovered_se_paired"`
		}
	}
	decode(t, all["lm-eval/current"], &want)
	var current map[string]json.RawMessage
	decode(t, all["lm-eval/current"], &current)
	var bits map[string]map[string]float64
	decode(t, current["synth_text bits_per_byte,none"], &bits)
	runs := make(map[string]results.Run)
	for name, tasks := range want.Metrics {
		runs[name] = read(t, "lm-eval", filepath.Join(folder, "lm-eval", "current", name))
		check(t, runs[name], tasks)
	}
	check(t, read(t, "lm-eval", filepath.Join(folder, "lm-eval", "older-0.4.8")), want.Metrics["merged"])
	for name, pair := range want.Pairs {
		task, metric, _ := strings.Cut(name, " ")
		of := func(run string) stats.Estimate { return estimate(measure(t, runs[run], task, metric)) }
		base, expert, merged := of("base"), of("expert"), of("merged")
		d := merged.Minus(base)
		near(t, name, d.Value, pair.Difference)
		near(t, name+" SE", d.SE(), pair.SE)
		q := stats.QuotientOf(d, expert.Minus(base))
		near(t, name+" share", q.Value(), pair.Recovered)
		near(t, name+" share's SE", q.SE(), pair.RecoveredSE)
		if d.Documents() != pair.N {
			t.Errorf("%s: %d documents, want %d", name, d.Documents(), pair.N)
		}
	}
	bpb := func(run string) stats.Estimate {
		return estimate(measure(t, runs[run], "synth_text", "bits_per_byte,none"))
	}
	for _, run := range []string{"base", "expert", "merged"} {
		near(t, run, bpb(run).Value, bits[run]["bits_per_byte"])
		near(t, run+" SE", bpb(run).SE(), bits[run]["se_linearised"])
	}
	d := bpb("merged").Minus(bpb("base"))
	near(t, "bits", d.Value, bits["merged_minus_base"]["value"])
	near(t, "bits' SE", d.SE(), bits["merged_minus_base"]["se_linearised"])
}

// check compares every metric of a run with what is expected, and its error where there is one.
func check(t *testing.T, run results.Run, tasks map[string]map[string]json.RawMessage) {
	t.Helper()
	for task, metrics := range tasks {
		if len(metrics) == 0 {
			_, err := run.Measure(task, "acc,none")
			refused(t, err, "has no metrics")
		}
		for metric, raw := range metrics {
			if strings.Contains(metric, "_stderr,") {
				continue
			}
			var value, se float64
			decode(t, raw, &value)
			m := measure(t, run, task, metric)
			near(t, task+" "+metric, m.Value, value)
			if json.Unmarshal(metrics[strings.Replace(metric, ",", "_stderr,", 1)], &se) != nil {
				se = 0 // N/A
			}
			near(t, task+" "+metric+" SE", m.SE, se)
		}
	}
}

func TestOddSamplesOfLMEval(t *testing.T) {
	folder, _ := samples(t)
	odd := func(name string) string { return filepath.Join(folder, "lm-eval", "odd", name) }
	_, err := read(t, "lm-eval", odd("nan")).Measure("synth_arith", "exact_match,strict-match")
	refused(t, err, `metric "exact_match,strict-match" of task "synth_arith" is not a number`)
	_, err = read(t, "lm-eval", odd("nan")).Measure("synth_text", "byte_perplexity,none")
	refused(t, err, "is not a number")
	near(t, "text", measure(t, read(t, "lm-eval", odd("number-as-text")), "synth_arith", "exact_match,strict-match").Value, 0.7)
	limited := measure(t, read(t, "lm-eval", odd("limited")), "synth_arith", "exact_match,strict-match")
	if limited.Conditions["documents"] != "20 of 500" || limited.Conditions["limit"] != "20.0" || len(limited.Notes) != 1 {
		t.Errorf("%v, %q", limited.Conditions, limited.Notes)
	}
	_, err = read(t, "lm-eval", odd("predict-only")).Measure("synth_arith", "bypass,none")
	refused(t, err, "no metric", "--predict_only")
	for _, task := range []string{"synth_choice_a", "synth_choice"} {
		if m := measure(t, read(t, "lm-eval", odd("one-sample")), task, "acc,none"); m.SE != 0 {
			t.Errorf("%s has the error %g", task, m.SE)
		}
	}
	near(t, "another path", measure(t, read(t, "lm-eval", odd("json-path")), "synth_arith", "exact_match,strict-match").Value, 0.4)
	_, err = results.Read("lm-eval", odd("no-file"))
	refused(t, err, "wrote no result", "stdout.txt")
	_, err = results.Read("lm-eval", filepath.Join(folder, "lm-eval", "vllm-one-folder"))
	refused(t, err, "2 results", "results_2026-08-01T10-00-00")
}

func TestSamplesOfInspect(t *testing.T) {
	folder, all := samples(t)
	var want map[string]json.RawMessage
	decode(t, all["inspect"], &want)
	of := func(name string) *results.Measurement {
		return measure(t, read(t, "inspect", filepath.Join(folder, "inspect", name)), "synth_arith", "match/accuracy")
	}
	expect := func(name string, m *results.Measurement, raw json.RawMessage) {
		var w struct {
			Value float64 `json:"match accuracy"`
			SE    float64
			N     int
		}
		decode(t, raw, &w)
		near(t, name, m.Value, w.Value)
		near(t, name+" SE", m.SE, w.SE)
		near(t, name+" SE of documents", estimate(m).SE(), w.SE)
		if m.N != w.N || len(m.Documents) != w.N {
			t.Errorf("%s: %d and %d documents, want %d", name, m.N, len(m.Documents), w.N)
		}
	}
	for _, name := range []string{"base", "expert", "merged"} {
		expect(name, of(name), want[name])
	}
	expect("epochs", of("epochs-2"), all["inspect/epochs-2"])
	d := estimate(of("merged")).Minus(estimate(of("base")))
	var pair struct {
		Value float64
		SE    float64 `json:"paired_se"`
	}
	decode(t, want["merged_minus_base"], &pair)
	near(t, "difference", d.Value, pair.Value)
	near(t, "its SE", d.SE(), pair.SE)

	archive, err := results.ReadFile("inspect", filepath.Join(folder, "inspect", "eval-files", "deflate.eval"))
	if err != nil {
		t.Fatal(err)
	}
	expect("archive", measure(t, archive, "synth_arith", "accuracy"), want["merged"])
	_, err = results.ReadFile("inspect", filepath.Join(folder, "inspect", "eval-files", "zstd-method-93.eval"))
	refused(t, err, "Zstandard", "--log-format json", "inspect log convert")

	odd := func(name string) results.Run {
		return read(t, "inspect", filepath.Join(folder, "inspect", "odd", name))
	}
	_, err = odd("error").Measure("synth_arith", "accuracy")
	refused(t, err, "the evaluation failed", "vLLM server did not start")
	if m := measure(t, odd("one-sample-stderr-0"), "synth_arith", "accuracy"); m.SE != 0 || m.N != 1 || !math.IsNaN(estimate(m).SE()) {
		t.Errorf("%+v", m)
	}
	if m := measure(t, odd("unscored-nan"), "synth_arith", "accuracy"); m.Missing != 1 || len(m.Documents) != 19 || len(m.Notes) != 1 {
		t.Errorf("%+v", m)
	}
	near(t, "style", measure(t, odd("dict-score"), "synth_arith", "style/mean").Value, 0.6)
	facts := measure(t, odd("dict-score"), "synth_arith", "facts/mean")
	near(t, "facts", facts.Value, 0.7)
	if len(facts.Documents) != 20 || facts.Documents[0].Value != 0.7 {
		t.Errorf("%+v", facts.Documents)
	}
	_, err = odd("dict-score").Measure("synth_arith", "mean")
	refused(t, err, `"facts/mean"`, `"style/mean"`)
}

func TestSamplesOfPromptfoo(t *testing.T) {
	folder, all := samples(t)
	var want map[string]struct {
		Score, SE float64
		PassRate  float64 `json:"pass_rate"`
		N         int
		PairedSE  float64 `json:"paired_se"`
	}
	decode(t, all["promptfoo/three-providers"], &want)
	for _, file := range []string{"results.json", "results.jsonl"} {
		run, err := results.ReadFile("promptfoo", filepath.Join(folder, "promptfoo", "three-providers", file))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"base", "expert", "merged"} {
			m := measure(t, run, name, "score")
			near(t, name, m.Value, want[name].Score)
			near(t, name+" SE", estimate(m).SE(), want[name].SE)
			near(t, name+" passes", measure(t, run, name, "success").Value, want[name].PassRate)
			if m.N != want[name].N {
				t.Errorf("%s: %d documents", name, m.N)
			}
		}
		_, err = run.Measure("other", "score")
		refused(t, err, `no provider "other"`, `"expert"`)
	}
	_, err := results.Read("promptfoo", filepath.Join(folder, "promptfoo", "three-providers"))
	refused(t, err, "2 results")
	one := func(name string) stats.Estimate {
		return estimate(measure(t, read(t, "promptfoo", filepath.Join(folder, "promptfoo", "one-provider-each", name)), "any", "score"))
	}
	d := one("merged").Minus(one("base"))
	near(t, "difference", d.Value, want["merged_minus_base"].Score)
	near(t, "its SE", d.SE(), want["merged_minus_base"].PairedSE)
	_, err = read(t, "promptfoo", filepath.Join(folder, "promptfoo", "odd", "errors")).Measure("any", "score")
	refused(t, err, "2 tests have no answer", "ECONNREFUSED")
}
