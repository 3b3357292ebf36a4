package reportpage

import (
	"encoding/json"
	"math"
)

// Data is what is known about a merge. ΔW is s·B·A of an adapter at a module; inner
// products and norms are Frobenius'.
type Data struct {
	Title    string    `json:"title"`
	Verdict  Verdict   `json:"verdict"`
	Output   string    `json:"output"` // the folder reported on
	Stage    string    `json:"stage"`  // that saved it
	Version  string    `json:"version"`
	Base     string    `json:"base,omitempty"`
	Adapters []Adapter `json:"adapters"` // that were loaded for it
	Before   *Relation `json:"-"`        // how the adapters relate, as it is drawn; nil of a single one
	Norm     float64   `json:"norm"`     // ‖ΔW‖ of the merged adapter over all modules
	// Baselines are simple merges of the same adapters with equal weights.
	Baselines []Baseline `json:"baselines"`
	Scores    []Table    `json:"scores,omitempty"` // and gates
	Losses    []Loss     `json:"losses"`
	Modules   []Module   `json:"modules"` // pairs of the output, by name
	Graph     Graph      `json:"graph"`
	Recipe    string     `json:"recipe"`
	Notes     []string   `json:"notes"` // what a reader should know before believing the figures
}

// Adapter is one input, over all the merged adapter's modules.
type Adapter struct {
	Name    string  `json:"adapter"`
	Path    string  `json:"path"`
	Modules int     `json:"modules"`
	Norm    float64 `json:"norm"`
	Share   Ratio   `json:"share"` // ⟨ΔWᵢ, ΔWₘ⟩/⟨ΔWₘ, ΔWₘ⟩ with the merged ΔWₘ
	// Alignment is the cosine of ΔWᵢ and ΔWₘ. Unrelated adapters of one size that are added up have
	// 1/√n each.
	Alignment Ratio `json:"alignment"`
	// Strength is ⟨ΔWᵢ, ΔWₘ⟩/‖ΔWᵢ‖²: how far the merged goes in the adapter's own direction, which
	// itself goes 1.
	Strength Ratio `json:"strength"`
	// KeptByCut is ‖P_B·ΔWᵢ·P_A‖²/‖ΔWᵢ‖² with the projections on the merged pairs' column and row
	// spaces: what of the adapter the rank of the result has room for.
	KeptByCut Ratio `json:"kept_by_cut"`
	// Conflict is the share of elements whose sign is opposed to that of the other adapters' sum;
	// independent signs give one half.
	Conflict  Ratio  `json:"conflict"`
	Fate      Fate   `json:"fate"`
	Recovered string `json:"recovered,omitempty"` // the share of its task's gain, where the merged was scored
}

// Fate is what became of an adapter, by its alignment beside 1/√n for n adapters.
type Fate string

// Fates.
const (
	Keeps   Fate = "kept"
	Weak    Fate = "weak"    // under two thirds of 1/√n
	Lost    Fate = "lost"    // under one third
	Opposed Fate = "opposed" // as far below 0
	Absent  Fate = "absent"  // the adapter is zero, or has none of the modules
)

// Verdict is what the merge did, in words.
type Verdict struct {
	Sentence string   `json:"sentence"`
	Wrong    []string `json:"wrong"` // what should be looked at
}

// Baseline is a merge that was not made, but whose figures follow from inner products.
type Baseline struct {
	Name       string  `json:"baseline"`
	Norm       float64 `json:"norm"`
	Alignments []Ratio `json:"alignments"` // by adapter
	Strengths  []Ratio `json:"strengths"`
}

// Module is one layer's share of the figures. Lists by adapter are in the order of
// Data.Adapters; an adapter that lacks the module has undefined ratios.
type Module struct {
	Name  string `json:"module"`
	Layer int    `json:"layer"` // the first whole number in the name; -1 where there is none
	// Kind is the name's last part, or as many parts as distinguish it from other modules of
	// the layer.
	Kind string  `json:"kind"`
	Out  int     `json:"out"`
	In   int     `json:"in"`
	Rank int     `json:"rank"` // of the merged pair
	Norm float64 `json:"norm"` // ‖ΔWₘ‖
	// SignConflict is the share of elements that one adapter's ΔW raises and
	// another's lowers.
	SignConflict Ratio `json:"sign_conflict"`
	// Cancelled is 1 − Σ|Σᵢ ΔWᵢ| / ΣΣᵢ|ΔWᵢ| over the elements: what a plain sum of the
	// adapters would lose to conflict.
	Cancelled Ratio `json:"cancelled"`
	// Seen rows and columns of [Out, In] were looked at for the two figures before.
	Seen       [2]int       `json:"seen"`
	Cosines    [][]Ratio    `json:"cosines"`     // [n, n], of the adapters' ΔW
	MeanCosine Ratio        `json:"mean_cosine"` // over the pairs of adapters
	Shares     []Ratio      `json:"shares"`      // ⟨ΔWᵢ, ΔWₘ⟩/⟨ΔWₘ, ΔWₘ⟩ by adapter
	WithMerged []Ratio      `json:"cosines_with_merged"`
	Kept       []Kept       `json:"kept"`
	Losses     []ModuleLoss `json:"losses"`
	Spectrum   []float64    `json:"spectrum"` // singular values of ΔWₘ, Rank of them at most
}

// Kept is the share ‖ΔW′‖²/‖ΔW‖² that a trim left of an adapter at a module.
type Kept struct {
	Stage   string `json:"stage"`
	Adapter string `json:"adapter"`
	Share   Ratio  `json:"share"`
}

// Loss is how far a stage's result is from what is meant, over all modules.
type Loss struct {
	Stage string `json:"stage"`
	Verb  string `json:"verb"`
	What  string `json:"kind"`           // "truncation", "cross terms" or "difference of steps"
	Error Ratio  `json:"relative_error"` // ‖result − meant‖/‖meant‖
}

// IsCut reports whether the loss is that of a cut to a rank, which leaves Error² of ‖ΔW‖² out.
func (l Loss) IsCut() bool { return l.What == "truncation" }

// ModuleLoss is a Loss at one module.
type ModuleLoss struct {
	Stage   string `json:"stage"`
	Adapter string `json:"adapter"`
	Error   Ratio  `json:"relative_error"`
}

// Graph is the stages that led to the output, each after its inputs.
type Graph struct {
	Nodes []Node `json:"stages"`
	Edges []Edge `json:"edges"` // in the order of the nodes they lead to
}

// Node is a stage.
type Node struct {
	Stage    string `json:"stage"`
	Verb     string `json:"verb"`
	Params   string `json:"params"`
	Adapters int    `json:"adapters"`      // that flow out
	Ran      *Ran   `json:"ran,omitempty"` // nil if the run that made the output is not at hand
}

// Ran is what a run did for a stage.
type Ran struct {
	Computed int64 `json:"computed"` // modules
	Cached   int64 `json:"cached"`
	Time     int64 `json:"nanoseconds"` // of computing, over all cores; 0 if it was not measured
}

// Edge leads from one of Graph.Nodes to another.
type Edge struct {
	From    int    `json:"from"`
	To      int    `json:"to"`
	Adapter string `json:"adapter,omitempty"` // where only one of several is taken
}

// Ratio is a number that may be undefined, as a cosine with zero is: NaN here, null in
// JSON.
type Ratio float64

// Undefined is the Ratio that is none.
func Undefined() Ratio { return Ratio(math.NaN()) }

// Over is x/y, undefined where y is 0.
func Over(x, y float64) Ratio {
	if y == 0 {
		return Undefined()
	}
	return Ratio(x / y)
}

// Defined reports whether the ratio is a number.
func (r Ratio) Defined() bool { return !math.IsNaN(float64(r)) && !math.IsInf(float64(r), 0) }

// MarshalJSON writes null for an undefined ratio.
func (r Ratio) MarshalJSON() ([]byte, error) {
	if !r.Defined() {
		return []byte("null"), nil
	}
	return json.Marshal(float64(r))
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (r *Ratio) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*r = Undefined()
		return nil
	}
	return json.Unmarshal(text, (*float64)(r))
}
