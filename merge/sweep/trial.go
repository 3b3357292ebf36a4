package sweep

import (
	"encoding/json"
	"math"
	"slices"

	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/merge/sweep/search"
	"github.com/loramerge/loramerge/recipe"
)

// Trial is the recipe with one point of the axes.
type Trial struct {
	Number    int          // from 1; 0 is the recipe as it stands
	Set       search.Point // empty in trial 0
	Repeats   []Repeat     // one for each seed; the scores are those of the last rung that it has reached
	Goals     []float64    // as the sweep lists its goals, the mean of the repeats: larger is better; NaN where there is none
	Rung      int          // that it has reached
	Documents int          // of each task, which its scores are of
	Failed    string       // why it has no goals; empty if it has, or was not measured yet
	Took      int64        // nanoseconds, of all repeats at the last rung

	settled int // rungs of which it has the scores
	axes    []recipe.Axis
}

// Values are what is set in a trial, for people and in the order of the axes: method=by-ties density=0.2.
func (t *Trial) Values() string { return t.Set.Text(t.axes) }

// Repeat is a trial with one seed.
type Repeat struct {
	Seed   uint64        `json:"seed"`
	Scores Scores        `json:"scores"`
	made   digest.Digest // of what its scores on all documents depend on
}

// measured reports whether a trial has goals.
func (t *Trial) measured() bool { return len(t.Goals) > 0 && !math.IsNaN(t.Goals[0]) }

// reaches reports whether a trial has all goals.
func (t *Trial) reaches() bool {
	return len(t.Goals) > 0 && !slices.ContainsFunc(t.Goals, math.IsNaN)
}

// snapshot is a trial as it is now, for whoever looks at it later.
func (t *Trial) snapshot() *Trial {
	if t == nil {
		return nil
	}
	now := *t
	now.Repeats, now.Goals = slices.Clone(t.Repeats), slices.Clone(t.Goals)
	return &now
}

// MarshalJSON writes goals that are none as null.
func (t *Trial) MarshalJSON() ([]byte, error) {
	goals := make([]*float64, len(t.Goals))
	for i := range t.Goals {
		if !math.IsNaN(t.Goals[i]) {
			goals[i] = &t.Goals[i]
		}
	}
	return json.Marshal(struct {
		Number    int          `json:"trial"`
		Set       search.Point `json:"set"`
		Goals     []*float64   `json:"goals"`
		Repeats   []Repeat     `json:"repeats"`
		Rung      int          `json:"rung,omitempty"`
		Documents int          `json:"documents,omitempty"`
		Failed    string       `json:"failed,omitempty"`
		Took      int64        `json:"nanoseconds,omitempty"`
	}{t.Number, t.Set, goals, t.Repeats, t.Rung, t.Documents, t.Failed, t.Took})
}

// Result is what a sweep has found so far.
type Result struct {
	Folder   string        `json:"folder"` // of the records
	Goals    []recipe.Goal `json:"-"`
	Axes     []recipe.Axis `json:"-"`
	Defaults search.Point  `json:"defaults"` // of the axes, in the recipe as it stands
	Stood    *Trial        `json:"stood"`
	Trials   []*Trial      `json:"trials"`
	Complete bool          `json:"complete"`         // nothing is left
	Left     []int         `json:"left"`             // trials without whose measurements it can't go on; 0 stands for the references too
	Round    int           `json:"round"`            // which generation or rung, from 1, lacks these
	Shares   []int         `json:"shares,omitempty"` // the ranks whose they are
	Measured int           `json:"measured"`         // scores, by commands in this run
	Answer   *Answer       `json:"answer"`           // nil while anything is left, and for a rank
	Warnings []error       `json:"-"`

	of origin
}

// Value is what a trial has for an axis, if that is active in it.
func (r *Result) Value(t *Trial, axis string) (text string, active bool) {
	set := t.Set
	if t.Number == 0 {
		set = search.Active(r.Axes, r.Defaults)
	}
	text, active = set[axis]
	return text, active
}

// Event is how far a sweep is: a trial begins, or has its scores, or has failed.
type Event struct {
	Trial    *Trial `json:"trial"` // 0 with all that it is compared with
	Begins   bool   `json:"-"`
	Testing  bool   `json:"-"`        // with Begins: on `test`
	Known    bool   `json:"known"`    // it was recorded already
	Best     *Trial `json:"-"`        // so far; nil if there is none
	Done     int    `json:"done"`     // measurements of trials
	All      int    `json:"all"`      // of these, as far as they can be told
	Measured int    `json:"measured"` // scores, by commands in this run
}

// Shown is a goal as people read it: a score as it is, and what was forgotten as a loss, though the
// sweep turns them so that larger is better.
func (t *Trial) Shown(g recipe.Goal, at int) (value float64, ok bool) {
	if at >= len(t.Goals) || math.IsNaN(t.Goals[at]) {
		return 0, false
	}
	switch {
	case g.Forgotten != "":
		return 0 - t.Goals[at], true
	case g.Task == "":
		return t.Goals[at], true
	}
	for _, repeat := range t.Repeats {
		value += repeat.Scores[g.Task].Value / float64(len(t.Repeats))
	}
	return value, true
}
