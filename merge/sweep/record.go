package sweep

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/merge/evaluate"
	"github.com/loramerge/loramerge/merge/evaluate/results"
	"github.com/loramerge/loramerge/merge/sweep/search"
)

// Record is a line of a sweep's files: what one measurement gave. Key is the digest of all that it
// depends on; the rest of what is not measured is there to be read.
type Record struct {
	Trial      int           `json:"trial"`
	Set        search.Point  `json:"set,omitempty"`
	Seed       *uint64       `json:"seed,omitempty"` // of the recipe in this trial, where the sweep repeats trials
	Split      string        `json:"split"`
	Rung       int           `json:"rung,omitempty"`      // from 0, with halving
	Documents  int           `json:"documents,omitempty"` // that were asked for, of each task
	Key        digest.Digest `json:"key"`
	Scores     Scores        `json:"scores,omitempty"`     // of a trial
	References *References   `json:"references,omitempty"` // instead of a trial's
	Error      string        `json:"error,omitempty"`      // why there are none
	Took       int64         `json:"nanoseconds,omitempty"`
	Measured   int           `json:"measured"` // scores that commands gave; the others were in the cache
}

// Scores are an adapter's, by task.
type Scores map[string]Value

// Value is a score as a record has it, without the documents.
type Value struct {
	Value     float64           `json:"value"`
	SE        float64           `json:"se,omitempty"`        // as it is of itself; 0 for none
	Documents int               `json:"documents,omitempty"` // that were scored; 0 if that is not known
	Direction results.Direction `json:"direction,omitempty"` // where the evaluator says it
	// Conditions is short for what the evaluator said of itself and of how it measured, since scores
	// that differ in these are not compared.
	Conditions string `json:"conditions,omitempty"`
}

// UnmarshalJSON reads a score. Without a value, as null is, there is no record.
func (v *Value) UnmarshalJSON(text []byte) error {
	type fields Value
	read := struct {
		*fields
		Value *float64 `json:"value"`
	}{fields: (*fields)(v)}
	if err := json.Unmarshal(text, &read); err != nil {
		return err
	}
	if read.Value == nil {
		return errNoRecord
	}
	v.Value = *read.Value
	return nil
}

// References are the base and the experts of a sweep.
type References struct {
	Base    Scores            `json:"base,omitempty"`
	Experts map[string]Scores `json:"experts,omitempty"`
	// Refused says of tasks why no share of their expert's gain is computed.
	Refused map[string]string `json:"refused,omitempty"`
}

// scoresOf are an adapter's scores for a record.
func scoresOf(s *evaluate.Scored) (Scores, error) {
	out := make(Scores)
	for task, score := range s.Scores {
		if math.IsNaN(score.Value) || math.IsInf(score.Value, 0) {
			return nil, fmt.Errorf("the score of %s on %s is no number", s.Name, task)
		}
		v := Value{Value: score.Value, Documents: score.N, Direction: score.Direction}
		if n := len(score.Documents); n > 0 {
			v.Documents = n
		}
		if !math.IsNaN(score.SE) && !math.IsInf(score.SE, 0) {
			v.SE = score.SE
		}
		if len(score.Conditions)+len(score.About) > 0 {
			v.Conditions = conditions(score)
		}
		out[task] = v
	}
	return out, nil
}

func conditions(s *evaluate.Score) string {
	text, err := json.Marshal([]map[string]string{s.Conditions, s.About})
	if err != nil {
		panic(err) // texts
	}
	return digest.Describe("conditions").Text(string(text)).Sum().Hex()[:12]
}

// scored is an adapter with scores that have no documents, and no errors: a value that is compared
// with another's is compared as it is.
func (s Scores) scored(name string) *evaluate.Scored {
	out := &evaluate.Scored{Name: name, Scores: make(map[string]*evaluate.Score)}
	for task, v := range s {
		score := &evaluate.Score{Measurement: results.Measurement{Value: v.Value, N: v.Documents, Direction: v.Direction}}
		if v.Conditions != "" {
			score.Conditions = map[string]string{"conditions": v.Conditions}
		}
		out.Scores[task] = score
	}
	return out
}

// recordBegins is how every line begins.
const recordBegins = `{"trial":`

// recordLimit is the longest line that can be a record.
const recordLimit = 1 << 20

// line is the record as it is appended.
func (r *Record) line() ([]byte, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	if len(text) > recordLimit {
		return nil, fmt.Errorf("a record of %d bytes", len(text))
	}
	return append(text, '\n'), nil
}

var errNoRecord = errors.New("no record")

// readRecord reads a line.
func readRecord(line []byte) (*Record, error) {
	r := new(Record)
	if err := json.Unmarshal(line, r); err != nil {
		return nil, err
	}
	if r.Key == (digest.Digest{}) || r.Trial < 0 || r.Error == "" && len(r.Scores) == 0 && r.References == nil {
		return nil, errNoRecord
	}
	return r, nil
}
