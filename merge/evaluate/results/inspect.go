package results

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/loramerge/loramerge/internal/fault"
)

// inspect are the logs of inspect_ai, one for each task.
type inspect struct{ logs map[string]*inspectLog }

type inspectLog struct {
	file        string
	Status      string `json:"status"`
	Invalidated bool   `json:"invalidated"`
	Error       struct {
		Message string `json:"message"`
	} `json:"error"`
	Eval *struct {
		Task     string                     `json:"task"`
		Version  json.RawMessage            `json:"task_version"`
		Args     json.RawMessage            `json:"task_args"`
		Generate json.RawMessage            `json:"model_generate_config"`
		Config   map[string]json.RawMessage `json:"config"`
		Packages map[string]string          `json:"packages"`
		Dataset  struct {
			Name    string `json:"name"`
			Samples int    `json:"samples"`
		} `json:"dataset"`
	} `json:"eval"`
	Results *struct {
		Total     int            `json:"total_samples"`
		Completed int            `json:"completed_samples"`
		Scores    []inspectScore `json:"scores"`
		// Before 2024 there was one scorer.
		Scorer  json.RawMessage          `json:"scorer"`
		Metrics map[string]inspectMetric `json:"metrics"`
	} `json:"results"`
	Samples    []inspectSample    `json:"samples"`
	Reductions []inspectReduction `json:"reductions"`
}

type inspectScore struct {
	Name     string                   `json:"name"`
	Scorer   string                   `json:"scorer"`
	Reducer  string                   `json:"reducer"`
	Scored   int                      `json:"scored_samples"`
	Unscored int                      `json:"unscored_samples"`
	Metrics  map[string]inspectMetric `json:"metrics"`
}

type inspectMetric struct {
	Value  json.RawMessage `json:"value"`
	Params struct {
		Cluster string `json:"cluster"`
	} `json:"params"`
}

func readInspect(files []string) (Run, error) {
	run := &inspect{logs: make(map[string]*inspectLog)}
	for _, file := range files {
		log := &inspectLog{file: file}
		read := readJSON
		if filepath.Ext(file) == ".eval" {
			read = func(file string, _ any) error { return log.readArchive(file) }
		}
		if err := read(file, log); err != nil {
			return nil, err
		}
		if log.Eval == nil {
			if len(files) > 1 {
				continue // inspect keeps lists of its logs beside them
			}
			return nil, fault.In(file, "is no log of inspect: it has no `eval`").Mend("let `--log-dir` be {out}")
		}
		if twin := run.logs[log.Eval.Task]; twin != nil {
			return nil, fault.In(file, "is a second log of task %s, besides %s", fault.Quote(log.Eval.Task), fault.Quote(filepath.Base(twin.file))).Mend("give each run a folder of its own, {out}, and evaluate one model")
		}
		run.logs[log.Eval.Task] = log
	}
	return run, nil
}

// Measure takes a metric as KEY, SCORE/KEY or SCORE/REDUCER/KEY, as far as it must be said.
func (r *inspect) Measure(task, metric string) (*Measurement, error) {
	log := r.logs[task]
	if log == nil {
		for _, any := range r.logs {
			return nil, missing(filepath.Dir(any.file), "task", task, r.logs)
		}
		return nil, fault.New("the evaluator wrote no log of task %s", fault.Quote(task)).Mend("see its output")
	}
	if err := log.usable(); err != nil {
		return nil, err
	}
	s, key, err := log.find(metric)
	if err != nil {
		return nil, err
	}
	value, ok := number(s.Metrics[key].Value)
	if !ok {
		return nil, fault.In(log.file, "metric %s is %s, which is no number", fault.Quote(metric), fault.Quote(string(s.Metrics[key].Value))).Mend("use another metric of the task")
	}
	if err := finite(log.file, task, metric, value); err != nil {
		return nil, err
	}
	m := &Measurement{File: log.file, Value: value, N: s.Scored, Missing: s.Unscored}
	isMean := key == "accuracy" || key == "mean"
	cluster := ""
	if isMean { // the standard error is that of the mean, and another metric beside it
		for _, name := range []string{"stderr", "bootstrap_stderr"} {
			if se, ok := number(s.Metrics[name].Value); ok && m.SE == 0 {
				m.SE, cluster = positive(se), s.Metrics[name].Params.Cluster
			}
		}
	}
	log.describe(m)
	if !isMean {
		return m, nil
	}
	return m, m.attach(log.documents(s, cluster))
}

// usable reports whether a run came to its end: inspect exits with 0 when it did not.
func (l *inspectLog) usable() error {
	switch {
	case l.Status == "error":
		return fault.In(l.file, "the evaluation failed: %s", fault.Quote(l.Error.Message)).Mend("mend that, and evaluate again")
	case l.Status != "success":
		return fault.In(l.file, "the evaluation did not end: its status is %s", fault.Quote(l.Status)).Mend("evaluate again")
	case l.Invalidated:
		return fault.In(l.file, "the log was invalidated").Mend("evaluate again")
	case l.Results == nil:
		return fault.In(l.file, "has no results").Mend("evaluate again, with a scorer and without `--no-score`")
	}
	return nil
}

// find is the score that has a metric, and the metric's key in it.
func (l *inspectLog) find(metric string) (score inspectScore, key string, err error) {
	scores := l.Results.Scores
	if len(scores) == 0 && l.Results.Metrics != nil {
		var scorer struct {
			Name string `json:"name"`
		}
		if json.Unmarshal(l.Results.Scorer, &scorer) != nil {
			scorer.Name = text(l.Results.Scorer)
		}
		scores = []inspectScore{{Name: scorer.Name, Scorer: scorer.Name, Metrics: l.Results.Metrics}}
	}
	found := 0
	there := make(map[string]bool)
	for _, s := range scores {
		for name := range s.Metrics {
			full := s.Name + "/" + name
			if s.Reducer != "" {
				full = s.Name + "/" + s.Reducer + "/" + name
			}
			there[full] = true
			if metric == full || metric == s.Name+"/"+name || metric == name {
				found++
				score, key = s, name
			}
		}
	}
	switch found {
	case 0:
		return score, key, missing(l.file, "metric", metric, there)
	case 1:
		return score, key, nil
	}
	err = missing(l.file, "single metric", metric, there)
	return score, key, err
}

func (l *inspectLog) describe(m *Measurement) {
	m.Conditions, m.About = make(map[string]string), make(map[string]string)
	set := func(name string, raw json.RawMessage) {
		if text := strings.TrimSpace(string(raw)); text != "" && text != "null" && text != "{}" {
			m.Conditions[name] = text
		}
	}
	set("task version", l.Eval.Version)
	set("task arguments", l.Eval.Args)
	set("generation", l.Eval.Generate)
	for _, name := range []string{"limit", "sample_id", "epochs", "epochs_reducer"} {
		set(name, l.Eval.Config[name])
	}
	if l.Eval.Dataset.Name != "" {
		m.Conditions["dataset"] = fmt.Sprintf("%s, %d samples", l.Eval.Dataset.Name, l.Eval.Dataset.Samples)
	}
	if version := l.Eval.Packages["inspect_ai"]; version != "" {
		m.About["inspect_ai"] = version
	}
	if lost := l.Results.Total - l.Results.Completed; lost > 0 {
		m.Notes = append(m.Notes, fmt.Sprintf("%d of %d samples were not completed", lost, l.Results.Total))
	}
	if m.Missing > 0 {
		m.Notes = append(m.Notes, fmt.Sprintf("%d samples were not scored", m.Missing))
	}
}
