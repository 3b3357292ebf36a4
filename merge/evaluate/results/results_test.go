package results_test

import (
	"archive/zip"
	"bytes"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/golden"
	"github.com/loramerge/loramerge/merge/evaluate/results"
)

// put writes files into a folder of their own.
func put(t *testing.T, files map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	for name, text := range files {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// TestOwn: the forms that a script may print, all of one metric.
func TestOwn(t *testing.T) {
	for name, text := range map[string]string{
		"flat":   `{"bpb": 1.5, "bpb_stderr": 0.25}`,
		"nested": `{"python": {"bpb": 1.5, "bpb_stderr": 0.25}, "bpb": 7}`,
		"text":   `{"bpb": "1.5", "bpb_stderr": "0.25", "other": NaN}`,
		"tables": `{"metrics": {"bpb": {"value": 1.5, "stderr": 0.25, "n": 3, "direction": "minimize"}}}`,
		"ids":    `{"bpb": 1.5, "bpb_stderr": 0.25, "samples": {"bpb": {"a": 1, "b": 2}}}`,
		"lists":  `{"bpb": 1.5, "bpb_stderr": 0.25, "samples": {"bpb": {"ids": ["a", "b"], "values": [0, 2], "weights": [1, 3], "clusters": ["x", "y"]}}}`,
		"weights": `{"bpb": 1.5, "bpb_stderr": 0.25, "samples": {"python": {"bpb": {"z": 9}}, "bpb": {"a": 0, "b": 2}},
			"weights": {"bpb": {"a": 1, "b": 3}}, "evaluator": {"name": "eval.py", "version": 3}}`,
	} {
		run, err := results.Parse("stdout", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if m := measure(t, run, "python", "bpb"); m.Value != 1.5 || m.SE != 0.25 || (len(m.Documents) == 2) != slices.Contains([]string{"ids", "lists", "weights"}, name) {
			t.Errorf("%s: %+v", name, m)
		}
	}
}

// TestRefused: what is no result, or has none of what is asked, and what is said of it.
func TestRefused(t *testing.T) {
	gathered := golden.Gather(t, "testdata/TestRefused.golden")
	const head = `{"results": {"t": {`
	for _, c := range []struct {
		format, file, text string
		task, metric       string
		says               string
	}{
		{"json", "s.json", ``, "t", "m", "is empty; see the evaluator's log"},
		{"json", "s.json", `{"m": 1`, "t", "m", "is not the JSON that was expected"},
		{"json", "s.json", `[1]`, "t", "m", "is not the JSON that was expected: it is of type array"},
		{"json", "s.json", `{"acc": 1, "acc_stderr": 2, "t": {"f1": 1}}`, "t", "m", `has no metric "m"; it has "acc", "t.f1"`},
		{"json", "s.json", `{}`, "t", "m", `has no metric "m", nor any other`},
		{"json", "s.json", `{"m": NaN}`, "t", "m", "is not a number"},
		{"json", "s.json", `{"m": -Infinity}`, "t", "m", "is not a number"},
		{"json", "s.json", `{"m": "N/A"}`, "t", "m", "which is no number; write a number"},
		{"json", "s.json", `{"m": {"value": 1, "direction": "up"}}`, "t", "m", "write maximize or minimize"},
		{"json", "s.json", `{"m": 1, "samples": {"m": {"a": null, "b": 1}}}`, "t", "m", "leave out documents without a score"},
		{"json", "s.json", `{"m": 1, "samples": {"m": {"a": 1}}, "weights": {"m": {}}}`, "t", "m", `document "a" of "m" has no weight`},
		{"json", "s.json", `{"m": 1, "samples": {"m": {"ids": [1], "values": [1, 2]}}}`, "t", "m", "write lists of one length"},
		{"json", "s.json", `{"m": 1, "samples": {"m": {"ids": [1, 1], "values": [1, 1]}}}`, "t", "m", `two scores of document "1"; give each`},
		{"json", "s.json", `{"m": 1, "samples": {"m": {"ids": [1], "values": [1], "weights": [0]}}}`, "t", "m", "give positive weights"},
		{"json", "log.txt", `{"m": 1}`, "t", "m", `the evaluator wrote no result, but "log.txt"`},
		{"lm-eval", "results_1.json", `{}`, "t", "acc,none", "it has no `results`"},
		{"lm-eval", "results_1.json", head + `"acc,none": 1, "acc_stderr,none": 2, "alias": "x"}}}`, "t", "acc", `"acc"; it has "acc,none"`},
		{"lm-eval", "results_1.json", head + `"acc,none": 1}}}`, "u", "acc,none", `has no task "u"; it has "t"`},
		{"lm-eval", "results_1.json", head + `"acc,none": [1]}}}`, "t", "acc,none", "which is no number"},
		{"lm-eval", "results_1.json", head + `" ": " "}}}`, "t", "acc,none", "aggregates nothing"},
		{"inspect", "a.json", `{"status": "success"}`, "t", "acc", "it has no `eval`"},
		{"inspect", "a.json", `{"status": "started", "eval": {"task": "t"}}`, "t", "acc", `did not end: its status is "started"`},
		{"inspect", "a.json", `{"status": "success", "invalidated": true, "eval": {"task": "t"}}`, "t", "acc", "invalidated"},
		{"inspect", "a.json", `{"status": "success", "eval": {"task": "t"}}`, "t", "acc", "has no results"},
		{"inspect", "a.json", `{"status": "success", "eval": {"task": "t"}, "results": {"scores": [{"name": "m", "metrics": {"mean": {"value": 1}}}]}}`, "t", "acc", `it has "m/mean"`},
		{"inspect", "a.eval", `PK`, "t", "acc", "is no archive"},
		{"promptfoo", "r.json", `{"results": {"results": []}}`, "t", "score", "has no results of promptfoo"},
		{"promptfoo", "r.jsonl", `{"score": 1, "namedScores": {"x": 1}}`, "t", "namedScores.y", `it has "namedScores.x", "score", "success"`},
		{"promptfoo", "r.jsonl", "{}\n{", "t", "score", ":2:1: is no JSON object"},
		{"json", "s.json", `{"m": {"value": 1, "n": "x"}}`, "t", "m", "write `value`, `stderr`, `n` and `direction`"},
		{"json", "s.json", `{"m": 1, "samples": {"m": 1}}`, "t", "m", "write a table of IDs and scores"},
		{"json", "s.json", `{"m": 1, "samples": {"m": {"a": 1}}, "weights": {"m": 1}}`, "t", "m", "write a table of IDs and weights"},
		{"json", "s.json", `{"m": 1}`, "second t.json", "m", "the evaluator wrote 2 results"},
		{"lm-eval", "results_1.json", head + `"bypass,none": 999}}}`, "t", "bypass,none", "run lm-eval without `--predict_only`"},
		{"inspect", "a.json", `{"status": "error", "error": {"message": "x"}, "eval": {"task": "t"}}`, "t", "acc", `the evaluation failed: "x"`},
		{"inspect", "a.json", `{"status": "success", "eval": {"task": "t"}, "results": {"scores": [{"name": "m", "metrics": {"mean": {"value": "x"}}}]}}`, "t", "mean", "use another metric"},
		{"inspect", "a.json", `{"status": "success", "eval": {"task": "t"}}`, "second b.json", "acc", "is a second log of task"},
		{"inspect", "a.json", `{"status": "success"}`, "second b.json", "acc", "wrote no log of task"},
		{"inspect", "a.eval", zstandard(t), "t", "acc", "is compressed with Zstandard"},
		{"promptfoo", "r.jsonl", `{"failureReason": 2, "error": "x"}`, "t", "score", `1 test has no answer: "x"`},
		{"promptfoo", "r.jsonl", `{"score": "x", "promptIdx": "y"}`, "t", "score", "is no result of promptfoo"},
		{"promptfoo", "r.jsonl", `{"provider": {"id": "t"}}` + "\n" + `{"promptIdx": 1, "provider": {"id": "t"}}`, "t", "score", "has 2 columns of provider"},
		{"promptfoo", "r.jsonl", `{"score": 1, "testCase": {"assert": [{"type": "max-score"}]}}`, "t", "score", "leave that assertion out"},
	} {
		folder := put(t, map[string]string{c.file: c.text})
		if second, ok := strings.CutPrefix(c.task, "second "); ok {
			folder = put(t, map[string]string{c.file: c.text, second: c.text})
		}
		run, err := results.Read(c.format, folder)
		if err == nil {
			_, err = run.Measure(c.task, c.metric)
		}
		refused(t, err, c.says)
		gathered.Add(strings.ReplaceAll(filepath.ToSlash(err.Error()), filepath.ToSlash(folder), "OUT"))
	}
}

// zstandard is an archive whose one member has the method 93.
func zstandard(t *testing.T) string {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	if _, err := w.CreateRaw(&zip.FileHeader{Name: "header.json", Method: 93}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestUnnumbered: a document that does not say which it is can't be paired.
func TestUnnumbered(t *testing.T) {
	run := read(t, "lm-eval", put(t, map[string]string{"results_2026-01-02T03-04-05.json": `{"results": {"t": {"acc,none": 1}}}`, "samples_t_2026-01-02T03-04-05.jsonl": `{"acc": 1}`}))
	_, err := run.Measure("t", "acc,none")
	refused(t, err, ".jsonl:1:1: has no `doc_id`; log the samples anew, with `--log_samples`")
}

// TestLog: documents are found beside the result, sorted, and paired only if the metric is
// their mean.
func TestLog(t *testing.T) {
	const name = "m/results_2026-01-02T03-04-05.json"
	result := `{"results": {"t": {"acc,none": 0.5, "f1,none": 0.9}}, "higher_is_better": {"t": {"acc": true}}}`
	lines := `{"doc_id": 10, "filter": "none", "acc": 1.0, "f1": [1, 0]}
{"doc_id": 2, "filter": "none", "acc": false, "f1": [0, 0]}
{"doc_id": 2, "filter": "other", "acc": 1}
{"doc_id": 3, "filter": "none", "acc": null}
`
	run := read(t, "lm-eval", put(t, map[string]string{name: result, "m/samples_t_2026-01-02T03-04-05.jsonl": lines}))
	m := measure(t, run, "t", "acc,none")
	want := []results.Document{{ID: "2", Value: 0, Weight: 1}, {ID: "10", Value: 1, Weight: 1}}
	if !slices.Equal(m.Documents, want) || m.Missing != 1 || m.Direction != results.Maximize {
		t.Errorf("%+v", m)
	}
	if m := measure(t, run, "t", "f1,none"); m.Documents != nil || m.Value != 0.9 {
		t.Errorf("%+v", m)
	}
	other := `{"results": {"t": {"acc,none": 0.75}}}`
	m = measure(t, read(t, "lm-eval", put(t, map[string]string{name: other, "m/samples_t_2026-01-02T03-04-05.jsonl": lines})), "t", "acc,none")
	if m.Documents != nil || len(m.Notes) != 1 {
		t.Errorf("no mean of theirs: %+v", m)
	}
}

// TestPerplexity: e to the mean loss of a word.
func TestPerplexity(t *testing.T) {
	lines := `{"doc_id": 0, "filter": "none", "word_perplexity": [-6.0, 2]}
{"doc_id": 1, "filter": "none", "word_perplexity": [-2.0, 2]}
`
	result := `{"results": {"t": {"word_perplexity,none": 7.38905609893065}}}` // e²
	m := measure(t, read(t, "lm-eval", put(t, map[string]string{"results_2026-01-02T03-04-05.json": result, "samples_t_2026-01-02T03-04-05.jsonl": lines})), "t", "word_perplexity,none")
	if !m.Exp || len(m.Documents) != 2 || m.Documents[0].Value != 3 || math.Abs(estimate(m).Value-2) > 1e-12 {
		t.Errorf("%+v", m)
	}
}

// TestRepeats: rows of promptfoo with equal variables are one document.
func TestRepeats(t *testing.T) {
	rows := `{"testIdx": 0, "vars": {"a": 1}, "score": 1}
{"testIdx": 1, "vars": {"a": 2}, "score": 0}
{"testIdx": 2, "vars": {"a": 1}, "score": 0}
`
	m := measure(t, read(t, "promptfoo", put(t, map[string]string{"r.jsonl": rows})), "t", "score")
	if m.N != 2 || m.Value != 0.25 {
		t.Errorf("%+v", m)
	}
}

// FuzzResults: a file, whatever it holds, is refused or gives numbers.
func FuzzResults(f *testing.F) {
	for _, text := range []string{
		`{"m": 1, "samples": {"m": {"a": 1}}}`,
		`{"results": {"t": {"m": NaN, "m,none": "1", "m_stderr,none": "N/A"}}, "config": {"limit": 2.0}}`,
		`{"status": "success", "eval": {"task": "t"}, "results": {"scores": [{"name": "s", "scorer": "s", "metrics": {"m": {"value": 1}, "mean": {"value": 1}}}]}, "reductions": [{"scorer": "s", "samples": [{"sample_id": 1, "value": "C"}]}]}`,
		`{"results": {"results": [{"score": 1, "namedScores": {"m": "C"}, "vars": {"a": [1]}}]}}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, format := range results.Formats() {
			folder := put(t, map[string]string{"results_2026-01-02T03-04-05.json": string(data), "samples_t_2026-01-02T03-04-05.jsonl": string(data), "a.eval": string(data)})
			run, err := results.ReadFile(format, filepath.Join(folder, "results_2026-01-02T03-04-05.json"))
			if _, err := results.ReadFile("inspect", filepath.Join(folder, "a.eval")); err == nil {
				t.Log("an archive")
			}
			if err != nil {
				continue
			}
			for _, metric := range []string{"m", "m,none", "mean", "score", "success", "namedScores.m"} {
				m, err := run.Measure("t", metric)
				if err == nil && (math.IsNaN(m.Value) || math.IsInf(m.Value, 0) || !(m.SE >= 0) || m.N < 0) {
					t.Fatalf("%s: %+v", format, m)
				}
			}
		}
	})
}
