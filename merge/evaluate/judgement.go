package evaluate

import (
	"slices"

	"github.com/loramerge/loramerge/merge/evaluate/results"
)

// Judgement is what the scores of a stage say. It has all that tables, model cards and reports
// show; as JSON it is for programs.
type Judgement struct {
	Confidence float64      `json:"confidence"` // of each bound, one-sided
	Tasks      []*Task      `json:"tasks"`      // in the recipe's order
	Candidates []*Candidate `json:"candidates"`
	Gates      []*Verdict   `json:"gates"` // one for each gate and candidate
	Notes      []string     `json:"notes,omitempty"`
}

// Task is what is known of one skill without any merge.
type Task struct {
	Name      string            `json:"name"`
	Metric    string            `json:"metric"`
	Direction results.Direction `json:"direction"`
	Split     string            `json:"split,omitempty"`
	Base      *Figure           `json:"base,omitempty"`
	Expert    string            `json:"expert,omitempty"`       // the name of the adapter that was trained for it
	Score     *Figure           `json:"expert_score,omitempty"` // of the expert
	Gain      *Figure           `json:"gain,omitempty"`         // of the expert over the base; larger is better
	Unlike    string            `json:"not_compared,omitempty"`
}

// Candidate is an adapter that was judged.
type Candidate struct {
	Name       string    `json:"name"`
	Results    []*Result `json:"results"` // one for each task
	Worst      *Figure   `json:"worst,omitempty"`
	WorstTask  string    `json:"worst_task,omitempty"` // whose share that is
	Mean       *Figure   `json:"mean,omitempty"`       // of the shares
	Refused    []string  `json:"refused,omitempty"`    // tasks that have no share, though they have an expert
	NotApplied bool      `json:"not_applied,omitempty"`
}

// Result is a candidate's on one task.
type Result struct {
	Task      string  `json:"task"`
	Score     *Figure `json:"score,omitempty"`
	Change    *Figure `json:"change,omitempty"`    // score − base, in the metric's units
	Recovered *Figure `json:"recovered,omitempty"` // the share of the expert's gain
	Refused   string  `json:"refused,omitempty"`   // why there is none
	Forgotten *Figure `json:"forgotten,omitempty"` // what a task without an expert lost; negative for a gain
	Unlike    string  `json:"not_compared,omitempty"`

	score *Score
}

// result is the candidate's on a task.
func (c *Candidate) result(task string) *Result {
	for _, r := range c.Results {
		if r.Task == task {
			return r
		}
	}
	return nil
}

// Passed reports whether no gate stands in the way.
func (j *Judgement) Passed() bool { return !slices.ContainsFunc(j.Gates, (*Verdict).Blocks) }

// Blocks reports whether a gate stands in the way: it is not passed, and had something to be compared
// with.
func (v *Verdict) Blocks() bool { return v.Outcome != Passed && v.Outcome != Unchecked }
