package recipe

// Sweep is what a recipe says of the search for the values of its variables.
type Sweep struct {
	Position
	Axes      []Axis
	Search    string // a word of Searches
	Seed      uint64
	MaxTrials int // 0 for as many as a grid has points
	Parallel  int // trials side by side
	MaxFailed int // more failed trials than these end the sweep
	Repeat    int // seeds of the recipe that a trial is made with
	Halving   *Halving
	Goals     []Goal

	entries *Params
}

// At is where an entry of the sweep was written, such as "max-trials", or else the sweep.
func (s *Sweep) At(entry string) Position {
	if s.entries == nil {
		return s.Position
	}
	return s.entries.At(entry)
}

// Axis is a variable and the values that it may have: a list of them, or a range. A variable
// whose conditions do not hold keeps its default.
type Axis struct {
	Position
	Name   string
	Values []string // in the order of the file; nil for a range
	Range  *Range
	When   []Condition // all of them must hold
}

// String is the axis with its values, for people: size (0.5 to 1.5).
func (a Axis) String() string {
	if a.Range == nil {
		return a.Name + " (" + List(a.Values) + ")"
	}
	text := decimal(a.Range.Min) + " to " + decimal(a.Range.Max)
	switch {
	case a.Range.Step > 0:
		text += " in steps of " + decimal(a.Range.Step)
	case a.Range.Whole:
		text = "whole numbers from " + text
	}
	if a.Range.Log {
		text += ", log"
	}
	return a.Name + " (" + text + ")"
}

// Range is the numbers from Min to Max, both of them included.
type Range struct {
	Position
	Min, Max float64
	Step     float64 // 0 for none
	Log      bool    // a factor is as likely at one end as at the other
	Whole    bool    // whole numbers, as both ends were written
}

// Condition holds where another axis, which must be active itself, has one of the values.
type Condition struct {
	Position
	Axis   string
	Values []string
}

// Halving gives all trials a few documents, and of the best of them ever fewer ever more.
type Halving struct {
	Position
	MinSamples      int // documents of the first rung
	ReductionFactor int // of trials from rung to rung, by which documents grow
}

// Goal is what trials are compared by. One of its fields is set.
type Goal struct {
	Position
	Task      string // its score
	Recovered string // a task's share of its expert's gain; or worst, or mean
	Forgotten string // what a task without an expert lost against the base; or worst
}

// String is the goal as a recipe has it.
func (g Goal) String() string {
	switch {
	case g.Task != "":
		return wordTask + ": " + g.Task
	case g.Recovered != "":
		return wordRecovered + ": " + g.Recovered
	}
	return wordForgotten + ": " + g.Forgotten
}

// The ways to choose the points of a sweep.
const (
	SearchGrid   = "grid"   // every one
	SearchRandom = "random" // independent and uniform
	SearchHalton = "halton" // spread evenly
	SearchCMAES  = "cma-es" // guided by the goal
)

// Searches are the words of `search`.
var Searches = ChoiceType{SearchGrid, SearchRandom, SearchHalton, SearchCMAES}

// TrialLimit bounds the trials of a sweep.
const TrialLimit = 100_000
