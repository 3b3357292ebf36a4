package results

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/internal/fault"
)

// lmEval is results_TIME.json of lm-evaluation-harness, since 0.4.0.
type lmEval struct {
	file    string
	Results map[string]map[string]json.RawMessage `json:"results"`
	Better  map[string]map[string]*bool           `json:"higher_is_better"`
	Samples map[string]struct {
		Original  int `json:"original"`
		Effective int `json:"effective"`
	} `json:"n-samples"`
	Versions map[string]json.RawMessage `json:"versions"`
	Shots    map[string]json.RawMessage `json:"n-shot"`
	Hashes   map[string]string          `json:"task_hashes"`
	Config   map[string]json.RawMessage `json:"config"`
	Chat     json.RawMessage            `json:"chat_template_sha"`
	Version  string                     `json:"lm_eval_version"`
	Library  string                     `json:"transformers_version"`
}

// findLMEval finds results_TIME.json, or STEM_TIME.json where --output_path named a file.
func findLMEval(_ string, files []string) ([]string, error) {
	var named, other []string
	for _, file := range files {
		switch base := filepath.Base(file); {
		case filepath.Ext(base) != ".json":
		case base == "results.json" || strings.HasPrefix(base, "results_"):
			named = append(named, file)
		default:
			other = append(other, file)
		}
	}
	if len(named) > 0 {
		return named, nil
	}
	return other, nil
}

func readLMEval(files []string) (Run, error) {
	run := &lmEval{file: files[0]}
	if err := readJSON(run.file, run); err != nil {
		return nil, err
	}
	if run.Results == nil {
		return nil, fault.In(run.file, "is no result of lm-evaluation-harness: it has no `results`").Mend("let `--output_path` be {out}")
	}
	return run, nil
}

// Measure takes a task by its exact name and a metric as METRIC,FILTER.
func (r *lmEval) Measure(task, metric string) (*Measurement, error) {
	entry, ok := r.Results[task]
	if !ok {
		return nil, missing(r.file, "task", task, r.Results)
	}
	name, filter, _ := strings.Cut(metric, ",")
	raw, ok := entry[metric]
	if !ok || !strings.Contains(metric, ",") || name == "bypass" { // --predict_only's constant, 999
		return nil, r.noMetric(task, metric, entry)
	}
	value, ok := number(raw)
	if !ok {
		return nil, fault.In(r.file, "metric %s of task %s is %s, which is no number", fault.Quote(metric), fault.Quote(task), fault.Quote(string(raw))).Mend("use another metric of the task")
	}
	if err := finite(r.file, task, metric, value); err != nil {
		return nil, err
	}
	m := &Measurement{File: r.file, Value: value, Direction: direction(r.Better[task][name]), N: r.count(task, metric, entry)}
	if se, ok := number(entry[name+"_stderr,"+filter]); ok {
		m.SE = positive(se)
	}
	r.describe(m, task)
	documents, err := r.documents(m, task, name, filter)
	if err != nil {
		return nil, err
	}
	return m, m.attach(documents)
}

func (r *lmEval) noMetric(task, metric string, entry map[string]json.RawMessage) error {
	there := make(map[string]bool)
	for key := range entry {
		name, _, ok := strings.Cut(key, ",")
		if ok && name != "bypass" && !strings.HasSuffix(name, "_stderr") {
			there[key] = true
		}
	}
	if _, ok := entry["bypass,none"]; ok && len(there) == 0 {
		return fault.In(r.file, "no metric of task %s was computed", fault.Quote(task)).Mend("run lm-eval without `--predict_only`")
	}
	if len(there) == 0 {
		return fault.In(r.file, "task %s has no metrics: it is a group that aggregates nothing, or nothing was scored", fault.Quote(task)).Mend("name one of the group's tasks")
	}
	return missing(r.file, fmt.Sprintf("metric of task %s that is called", fault.Quote(task)), metric, there)
}

func direction(higherIsBetter *bool) Direction {
	switch {
	case higherIsBetter == nil:
		return Unstated
	case *higherIsBetter:
		return Maximize
	}
	return Minimize
}

// count is the number of documents; a group has one for each metric.
func (r *lmEval) count(task, metric string, entry map[string]json.RawMessage) int {
	if n := r.Samples[task].Effective; n > 0 {
		return n
	}
	var counts map[string]json.RawMessage
	if json.Unmarshal(entry["sample_count"], &counts) == nil {
		if n, ok := number(counts[metric]); ok && n > 0 && n < 1e12 {
			return int(n)
		}
	}
	if n, ok := number(entry["sample_len"]); ok && n > 0 && n < 1e12 {
		return int(n)
	}
	return 0
}

// describe notes what must be equal in runs that are compared.
func (r *lmEval) describe(m *Measurement, task string) {
	m.Conditions, m.About = make(map[string]string), make(map[string]string)
	set := func(name string, raw json.RawMessage) {
		if text := strings.TrimSpace(string(raw)); text != "" && text != "null" {
			m.Conditions[name] = text
		}
	}
	set("task version", r.Versions[task])
	set("few-shot examples", r.Shots[task])
	set("chat template", r.Chat)
	for _, name := range []string{"limit", "gen_kwargs", "random_seed", "numpy_seed", "torch_seed", "fewshot_seed", "model_sha", "model_dtype"} {
		set(name, r.Config[name])
	}
	if hash := r.Hashes[task]; hash != "" {
		m.Conditions["task hash"] = hash
	}
	if n := r.Samples[task]; n.Original > 0 {
		m.Conditions[HowMany] = fmt.Sprintf("%d of %d", n.Effective, n.Original)
		if n.Effective < n.Original {
			m.Notes = append(m.Notes, fmt.Sprintf("%d of the task's %d documents were scored", n.Effective, n.Original))
		}
	}
	if cache := string(r.Config["use_cache"]); cache != "" && cache != "null" && cache != "false" {
		m.Notes = append(m.Notes, "lm-eval took answers from its cache, which does not know an adapter's weights; leave out `--use_cache`")
	}
	for name, text := range map[string]string{"lm-eval": r.Version, "transformers": r.Library} {
		if text != "" {
			m.About[name] = text
		}
	}
}

// stamped are the names of results files, with their time.
var stamped = regexp.MustCompile(`_(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d(?:\.\d+)?)\.json$`)

// samplesFile is where --log_samples puts a task's documents: in the folder of the result.
func (r *lmEval) samplesFile(task string) (string, bool) {
	stamp := stamped.FindStringSubmatch(filepath.Base(r.file))
	if stamp == nil || strings.ContainsAny(task, `/\`+"\x00") {
		return "", false
	}
	return filepath.Join(filepath.Dir(r.file), "samples_"+task+"_"+stamp[1]+".jsonl"), true
}

// bits are metrics whose documents are pairs of a log-likelihood and a weight, and what they
// are made of: −Σll/Σw is the mean loss in nats.
var bits = []string{"bits_per_byte", "byte_perplexity", "word_perplexity"}

func isPair(metric string) bool { return slices.Contains(bits, metric) }
