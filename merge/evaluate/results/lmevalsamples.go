package results

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"strings"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/osfile"
)

// documents reads the scores of a task's documents, one line for each document and filter, in
// any order. Without the file there are none, which is no mistake.
func (r *lmEval) documents(m *Measurement, task, metric, filter string) ([]Document, error) {
	file, ok := r.samplesFile(task)
	if !ok {
		return nil, nil
	}
	var out []Document
	untold := false // lines of several filters that do not say which
	seen := make(map[string]bool)
	err := lines(file, func(at fault.Position, line map[string]json.RawMessage) error {
		if named, ok := line["filter"]; ok && text(named) != filter {
			return nil
		} else if !ok {
			id := string(line["doc_id"])
			untold = untold || seen[id]
			seen[id] = true
		}
		d := Document{ID: strings.TrimSpace(string(line["doc_id"])), Weight: 1, Content: text(line["doc_hash"]) + text(line["target_hash"])}
		if d.ID == "" {
			return fault.At(at, "has no `doc_id`").Mend("log the samples anew, with `--log_samples`")
		}
		scored, ok := score(&d, metric, line[metric])
		if !ok {
			m.Missing++
		} else if scored {
			out = append(out, d)
		}
		return nil
	})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case untold:
		m.Notes = append(m.Notes, "the samples do not say which filter they are of, as before lm-eval 0.4.7: differences can't be paired")
		return nil, nil
	}
	m.Exp = len(out) > 0 && isPair(metric) && metric != "bits_per_byte"
	return out, nil
}

// score reads a document's score. ok is false for a document that has none, and scored for a
// value that no mean is made of, such as a pair of gold and prediction.
func score(d *Document, metric string, raw json.RawMessage) (scored, ok bool) {
	if value, is := number(raw); is {
		d.Value = value
		return true, !math.IsNaN(value)
	}
	var pair []json.RawMessage
	if !isPair(metric) || json.Unmarshal(raw, &pair) != nil || len(pair) != 2 {
		return false, string(raw) != "" && string(raw) != "null"
	}
	likelihood, first := number(pair[0])
	weight, second := number(pair[1])
	d.Value, d.Weight = -likelihood/weight, weight
	if metric == "bits_per_byte" {
		d.Value /= math.Ln2
	}
	return first && second, first && second && !math.IsNaN(likelihood)
}

// text is a JSON text, or empty.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// lines reads a file of one JSON object a line.
func lines(file string, each func(at fault.Position, line map[string]json.RawMessage) error) error {
	in, err := osfile.Open(file)
	if err != nil {
		return fault.In(file, "").Because(err)
	}
	defer in.Close()
	if info, err := in.Stat(); err == nil && info.Size() > maxFile {
		return tooLarge(file)
	}
	scan := bufio.NewScanner(io.LimitReader(in, maxFile))
	scan.Buffer(nil, maxLine)
	for n := 1; scan.Scan(); n++ {
		if len(strings.TrimSpace(string(scan.Bytes()))) == 0 {
			continue
		}
		at := fault.Position{File: file, Line: n, Column: 1}
		var line map[string]json.RawMessage
		if err := json.Unmarshal(words(scan.Bytes()), &line); err != nil {
			return fault.At(at, "is no JSON object: %v", unlike(err)).Mend("see whether the evaluator was interrupted")
		}
		if err := each(at, line); err != nil {
			return err
		}
	}
	if errors.Is(scan.Err(), bufio.ErrTooLong) {
		return fault.In(file, "has a line of more than %d bytes", maxLine).Mend("leave transcripts out of the samples")
	}
	if err := scan.Err(); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}
