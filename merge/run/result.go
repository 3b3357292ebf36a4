package run

import "github.com/loramerge/loramerge/internal/lockfile"

// Result is what a run made.
type Result struct {
	UpToDate    bool              `json:"up_to_date"` // the outputs were there already, and nothing was done
	Outputs     []Output          `json:"outputs"`
	Stages      []StageStats      `json:"stages"`
	Sizes       []MergeSize       `json:"sizes"` // of every merge
	Ranks       []ChosenRanks     `json:"ranks"` // that stages have chosen
	Deviations  []StageDeviation  `json:"deviations"`
	Unmeasured  []string          `json:"unmeasured"` // stages whose cross terms would have taken long to measure
	Scores      []Evaluated       `json:"scores,omitempty"`
	HeldBack    []string          `json:"held_back,omitempty"` // stages whose outputs a gate keeps from their places
	LockChanges []lockfile.Change `json:"lock_changes"`
	LockKept    string            `json:"lock_kept,omitempty"` // why a lock that would change stays as it is
	Time        int64             `json:"nanoseconds"`         // of the whole run; 0 without a clock
	Rates       Rates             `json:"-"`                   // of this run's work
	Warnings    []error           `json:"-"`                   // what went wrong beside the outputs, which are whole
}

// Output is one saved folder.
type Output struct {
	Stage    string  `json:"stage"`
	Path     string  `json:"path"`
	Modules  int     `json:"modules"`
	Bytes    int64   `json:"bytes"`    // of the weights' file
	Clamped  int64   `json:"clamped"`  // values that `clamp: true` cut to the dtype's largest
	Rounding float64 `json:"rounding"` // ‖x̂ − x‖/‖x‖ of all A and B, which rounding to the dtype cost
}
