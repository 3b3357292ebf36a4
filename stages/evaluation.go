package stages

import (
	"slices"
	"time"

	"github.com/loramerge/loramerge/internal/fault"
)

// Evaluation is what a stage asks to be scored, and what it requires of the scores.
type Evaluation struct {
	Evaluators []Evaluator // that serve several tasks in one run, in the recipe's order
	Tasks      []Task      // in the recipe's order
	Base       bool        // whether the model without an adapter is scored too
	Select     *Documents  // what a search sees; nil without splits
	Test       *Documents  // what is reported; nil for all documents
	Confidence float64     // one-sided, of every gate
	Parallel   int         // commands at once
	Gates      []Gate
	DType      string // in which adapters are shown to the commands; empty for what they are saved in
}

// Evaluator is a command under a name.
type Evaluator struct {
	Name string
	At   fault.Position
	Command
}

// Command is what scores an adapter: a list of words with placeholders, never a shell line.
type Command struct {
	Run     []string
	Format  string // of what it writes: a name of results.Formats
	Inputs  []string
	Env     map[string]string
	Version string
	Timeout time.Duration // of one try; 0 for none
	Retries int
	// ExitCodes are those after which the result counts; nil for what is usual with the format.
	ExitCodes []int
}

// Task is one skill and how it is measured.
type Task struct {
	Name      string
	At        fault.Position
	Evaluator string   // the name of one of the stage's; empty where Own is set
	Own       *Command // nil where Evaluator is set
	ID        string   // what the evaluator calls the task; Name unless written
	Metric    string
	Direction string // maximize, minimize, or empty where the evaluator says
	Expert    string // the adapter among the experts that was trained for it; empty for none
}

// Gate is one requirement on scores. Of Task, Recovered and Forgotten one is set.
type Gate struct {
	At        fault.Position
	Task      string   // its score
	Recovered string   // a task's share of its expert's gain; or worst, or mean
	Forgotten string   // what a task without an expert lost against the base; or worst
	Against   string   // with Task: "locked", or the path of a lock, whose score is the bound; else empty
	AtLeast   *float64 // the bound; nil for none
	AtMost    *float64
	Margin    float64 // with Against: by how much the score may be worse
}

// Commands are those that may be run: of the evaluators that measure a task, and of the tasks, in the
// recipe's order.
func (e *Evaluation) Commands() (out []*Command) {
	for i := range e.Evaluators {
		if slices.ContainsFunc(e.Tasks, func(t Task) bool { return t.Evaluator == e.Evaluators[i].Name }) {
			out = append(out, &e.Evaluators[i].Command)
		}
	}
	for _, t := range e.Tasks {
		if t.Own != nil {
			out = append(out, t.Own)
		}
	}
	return out
}

// AgainstLocked reports whether the bound is the score in the recipe's own lock.
func (g *Gate) AgainstLocked() bool { return g.Against == wordLocked }
