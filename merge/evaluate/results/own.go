package results

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/internal/fault"
)

// own is loramerge's own form: numbers, flat or in tables, and what is known of them.
//
//	{"bpb": 1.0423, "bpb_stderr": 0.0081,
//	 "samples": {"bpb": {"d0": 1.1, "d1": 0.98}}, "weights": {"bpb": {"d0": 800, "d1": 1200}}}
//
// or
//
//	{"metrics": {"bpb": {"value": 1.0423, "stderr": 0.0081, "n": 500, "direction": "minimize"}},
//	 "samples": {"bpb": {"ids": ["d0", "d1"], "values": [1.1, 0.98], "weights": [800, 1200]}},
//	 "evaluator": {"name": "eval.py", "version": "3"}}
//
// Tables in tables are named with dots: {"python": {"bpb": 1}} is the metric python.bpb, or
// bpb of the task python.
type own struct {
	file      string
	values    map[string]json.RawMessage // by dotted name
	samples   map[string]json.RawMessage
	weights   map[string]json.RawMessage
	evaluator map[string]string
}

// details are a metric that is a table with a `value`.
type details struct {
	Value     json.RawMessage `json:"value"`
	SE        json.RawMessage `json:"stderr"`
	N         int             `json:"n"`
	Direction Direction       `json:"direction"`
}

func readOwn(files []string) (Run, error) {
	var top map[string]json.RawMessage
	if err := readJSON(files[0], &top); err != nil {
		return nil, err
	}
	return newOwn(files[0], top)
}

// Parse reads loramerge's own form out of what a command printed. The name is for errors.
func Parse(name string, data []byte) (Run, error) {
	var top map[string]json.RawMessage
	if err := parse(name, data, &top); err != nil {
		return nil, err
	}
	return newOwn(name, top)
}

func newOwn(file string, top map[string]json.RawMessage) (Run, error) {
	r := &own{file: file, values: make(map[string]json.RawMessage), samples: make(map[string]json.RawMessage), weights: make(map[string]json.RawMessage)}
	for name, raw := range top {
		switch name {
		case "samples":
			flatten(r.samples, "", raw, isSamples)
		case "weights":
			flatten(r.weights, "", raw, isSamples)
		case "metrics":
			flatten(r.values, "", raw, isDetails)
		case "evaluator":
			var about map[string]json.RawMessage
			if json.Unmarshal(raw, &about) == nil {
				r.evaluator = make(map[string]string)
				for key, value := range about {
					r.evaluator[key] = strings.Trim(string(value), `"`)
				}
			}
		default:
			flatten(r.values, name, raw, isDetails)
		}
	}
	return r, nil
}

// flatten names what is in tables in tables by dots; what ends a path is asked.
func flatten(into map[string]json.RawMessage, path string, raw json.RawMessage, leaf func(map[string]json.RawMessage) bool) {
	var table map[string]json.RawMessage
	if json.Unmarshal(raw, &table) != nil || table == nil || (path != "" && leaf(table)) {
		if path != "" {
			into[path] = raw
		}
		return
	}
	if strings.Count(path, ".") >= 16 {
		return
	}
	for name, inner := range table {
		if path != "" {
			name = path + "." + name
		}
		flatten(into, name, inner, leaf)
	}
}

func isDetails(table map[string]json.RawMessage) bool {
	_, ok := table["value"]
	return ok
}

// isSamples tells tables of documents from tables of metrics: they hold numbers, or columns.
func isSamples(table map[string]json.RawMessage) bool {
	if _, ok := table["values"]; ok {
		return true
	}
	for _, raw := range table {
		var inner map[string]json.RawMessage
		if json.Unmarshal(raw, &inner) == nil && inner != nil {
			return false
		}
	}
	return true
}

// Measure takes a metric by its name, or by the task's name, a dot and its own.
func (r *own) Measure(task, metric string) (*Measurement, error) {
	name := task + "." + metric
	raw, ok := r.values[name]
	if !ok {
		name = metric
		if raw, ok = r.values[name]; !ok {
			return nil, missing(r.file, "metric", metric, r.metrics())
		}
	}
	given := details{Value: raw, SE: r.values[name+"_stderr"]}
	var table map[string]json.RawMessage
	if json.Unmarshal(raw, &table) == nil && table != nil {
		given = details{}
		if err := json.Unmarshal(raw, &given); err != nil {
			return nil, fault.In(r.file, "metric %s: %v", fault.Quote(name), unlike(err)).Mend("write `value`, `stderr`, `n` and `direction`: {\"value\": 0.5, \"n\": 100, \"direction\": \"maximize\"}")
		}
	}
	value, ok := number(given.Value)
	if !ok {
		return nil, fault.In(r.file, "metric %s is %s, which is no number", fault.Quote(name), fault.Quote(string(given.Value))).Mend("write a number")
	}
	if err := finite(r.file, task, name, value); err != nil {
		return nil, err
	}
	if !slices.Contains([]Direction{Unstated, Maximize, Minimize}, given.Direction) {
		return nil, fault.In(r.file, "metric %s has the direction %s", fault.Quote(name), fault.Quote(string(given.Direction))).Mend("write maximize or minimize")
	}
	m := &Measurement{File: r.file, Value: value, N: max(0, given.N), Direction: given.Direction, About: maps.Clone(r.evaluator)}
	if se, ok := number(given.SE); ok {
		m.SE = positive(se)
	}
	documents, err := r.documents(name)
	if err != nil {
		return nil, err
	}
	return m, m.attach(documents)
}

func (r *own) metrics() map[string]json.RawMessage {
	out := maps.Clone(r.values)
	maps.DeleteFunc(out, func(name string, raw json.RawMessage) bool {
		_, is := number(raw)
		var d details
		return strings.HasSuffix(name, "_stderr") || !is && (json.Unmarshal(raw, &d) != nil || d.Value == nil)
	})
	return out
}

// columns are documents as lists.
type columns struct {
	IDs      []json.RawMessage `json:"ids"`
	Values   []json.RawMessage `json:"values"`
	Weights  []json.RawMessage `json:"weights"`
	Clusters []string          `json:"clusters"`
}

func (r *own) documents(name string) ([]Document, error) {
	raw, ok := r.samples[name]
	if !ok {
		return nil, nil
	}
	var table map[string]json.RawMessage
	if err := json.Unmarshal(raw, &table); err != nil {
		return nil, fault.In(r.file, "samples of %s: %v", fault.Quote(name), unlike(err)).Mend("write a table of IDs and scores: {\"d0\": 1.1, \"d1\": 0.98}")
	}
	if _, ok := table["values"]; ok {
		return r.columns(name, raw)
	}
	var weights map[string]json.RawMessage
	if given, ok := r.weights[name]; ok {
		if err := json.Unmarshal(given, &weights); err != nil {
			return nil, fault.In(r.file, "weights of %s: %v", fault.Quote(name), unlike(err)).Mend("write a table of IDs and weights: {\"d0\": 800, \"d1\": 1200}")
		}
	}
	var out []Document
	for id, raw := range table {
		d, err := r.document(name, id, raw)
		if err != nil {
			return nil, err
		}
		if weights != nil {
			if d.Weight, ok = number(weights[id]); !ok {
				return nil, fault.In(r.file, "document %s of %s has no weight", fault.Quote(id), fault.Quote(name)).Mend("give each document a weight, or none")
			}
		}
		out = append(out, d)
	}
	return out, nil
}

func (r *own) document(name, id string, raw json.RawMessage) (Document, error) {
	value, ok := number(raw)
	if !ok {
		return Document{}, fault.In(r.file, "the score of document %s of %s is %s, which is no number", fault.Quote(id), fault.Quote(name), fault.Quote(string(raw))).Mend("leave out documents without a score")
	}
	return Document{ID: id, Value: value, Weight: 1}, nil
}

func (r *own) columns(name string, raw json.RawMessage) ([]Document, error) {
	var c columns
	err := json.Unmarshal(raw, &c)
	n := len(c.Values)
	if err != nil || len(c.IDs) != n || (c.Weights != nil && len(c.Weights) != n) || (c.Clusters != nil && len(c.Clusters) != n) {
		return nil, fault.In(r.file, "samples of %s: %d ids, %d values, %d weights, %d clusters", fault.Quote(name), len(c.IDs), n, len(c.Weights), len(c.Clusters)).Mend("write lists of one length: ids, values, and if need be weights and clusters")
	}
	var out []Document
	for i, id := range c.IDs {
		d, err := r.document(name, strings.Trim(string(id), `"`), c.Values[i])
		if err != nil {
			return nil, err
		}
		if c.Weights != nil {
			d.Weight, _ = number(c.Weights[i])
		}
		if c.Clusters != nil {
			d.Cluster = c.Clusters[i]
		}
		out = append(out, d)
	}
	return out, nil
}
