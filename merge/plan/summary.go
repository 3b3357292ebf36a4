package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/parallel"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/stages"
)

// Summary is a plan for people and programs to read.
type Summary struct {
	Recipe   string         `json:"recipe"`
	Name     string         `json:"name,omitempty"`
	Seed     uint64         `json:"seed"`
	Base     string         `json:"base,omitempty"`
	Vars     []Var          `json:"vars"`
	Recipes  []LoadedRecipe `json:"recipes"`        // those whose stages are loaded
	Plan     *digest.Digest `json:"plan,omitempty"` // its digest, if it was asked for
	Stages   []StageSummary `json:"stages"`
	Commands []Command      `json:"commands,omitempty"` // that measure scores, if they were asked for
	Outcomes *Outcomes      `json:"outcomes,omitempty"` // what a run would do, if it was asked for
	Sweep    *SweepSummary  `json:"sweep,omitempty"`    // if it was asked for
	Time     *Foreseen      `json:"time,omitempty"`     // of a run, if it was asked for
	Peak     int64          `json:"peak_bytes"`
	Warnings []*fault.Fault `json:"warnings"`
	// Acknowledged is how many warnings are not among these, since their stages allow them.
	Acknowledged int `json:"acknowledged"`
}

// SweepSummary is what a recipe's sweep would try.
type SweepSummary struct {
	Search string   `json:"search"`
	Trials int      `json:"trials"` // at most
	Axes   []string `json:"axes"`
	Goals  []string `json:"goals"`
}

// Var is a variable of the recipe with the value it has.
type Var struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// LoadedRecipe is another recipe whose stages are in the plan.
type LoadedRecipe struct {
	Load string        `json:"load"`          // the stage that it is loaded by: its own stages are LOAD/STAGE
	Path string        `json:"path"`          // seen from the recipe's folder
	Set  string        `json:"set,omitempty"` // the values that its variables were given
	Hash digest.Digest `json:"hash"`          // of its canonical text
}

// StageSummary is a stage of a Summary, after shorthands are expanded.
type StageSummary struct {
	Stage    string   `json:"stage"`
	Verb     string   `json:"verb"`
	Inputs   []string `json:"inputs"` // references, or the paths of a load
	Adapters []string `json:"adapters"`
	Space    string   `json:"space"`
	Held     string   `json:"held"` // factors, product or dense
	Ranks    Range    `json:"rank"`
	Alphas   Range    `json:"alpha"`
	Modules  int      `json:"modules"`
	Bytes    int64    `json:"bytes"` // as float32, of all modules; on disk for load and save
	To       string   `json:"to,omitempty"`

	Result *digest.Digest `json:"result,omitempty"`      // its digest, if it was asked for
	Cache  *StageCache    `json:"cache,omitempty"`       // if it was asked for, of what a stage has made
	Time   int64          `json:"nanoseconds,omitempty"` // its part of the run's, if that was asked for
	Cut    *RankCut       `json:"cut,omitempty"`         // if it was asked for, of a stage that brings ΔW to a rank
}

// RankCut is what a stage leaves out of ΔW by bringing it to a rank, as far as that follows from ranks.
type RankCut struct {
	Rank       Range `json:"rank"`        // that ΔW is brought to
	Of         Range `json:"of"`          // the greatest rank that ΔW may have before
	Modules    int   `json:"modules"`     // of all adapters: those at which something may be left out
	AllModules int   `json:"all_modules"` // of all adapters
}

// Foreseen is how long a run is expected to take.
type Foreseen struct {
	Time    int64 `json:"nanoseconds"`
	Guessed bool  `json:"guessed"` // there is no earlier run on this machine to go by
}

// Range is the least and the greatest of a figure over the modules.
type Range struct {
	Min float64 `json:"min"`
	Max float64 `json:"max"`
}

// Summary describes the plan, except for the memory that a run needs.
func (p *Plan) Summary() Summary {
	s := Summary{Recipe: p.Recipe.File, Name: p.Recipe.Name, Seed: p.Recipe.Seed, Base: p.Recipe.Base,
		Stages: make([]StageSummary, len(p.Nodes)), Warnings: append([]*fault.Fault{}, p.Warnings...), Acknowledged: len(p.acknowledged), Vars: []Var{}, Recipes: []LoadedRecipe{}}
	for _, v := range p.Recipe.Vars {
		s.Vars = append(s.Vars, Var{v.Name, v.Value})
	}
	for _, in := range p.Included {
		s.Recipes = append(s.Recipes, LoadedRecipe{strings.TrimSuffix(in.Prefix, "/"), in.path, in.set, in.Digest()})
	}
	parallel.Each(len(p.Nodes), func(i int) { s.Stages[i] = p.Nodes[i].summary() })
	return s
}

// AddDigests adds those of the plan and its stages.
func (s *Summary) AddDigests(digests Digests) {
	s.Plan = &digests.Plan
	for i := range s.Stages {
		s.Stages[i].Result = &digests.Stages[i].Digest
	}
}

// AddCache adds what a run would do with each stage's values.
func (s *Summary) AddCache(cached []StageCache) {
	for i := range s.Stages {
		if cached[i].Keepable {
			s.Stages[i].Cache = &cached[i]
		}
	}
}

// AddCuts adds what ranks leave out, stage by stage.
func (s *Summary) AddCuts(cuts []*RankCut) {
	for i := range s.Stages {
		s.Stages[i].Cut = cuts[i]
	}
}

// AddTimes adds how long a run takes, and each stage's part.
func (s *Summary) AddTimes(whole Foreseen, parts []int64) {
	s.Time = &whole
	for i := range s.Stages {
		s.Stages[i].Time = parts[i]
	}
}

func (n *Node) summary() StageSummary {
	s := StageSummary{Stage: n.ID, Verb: n.Kind.Name, Inputs: []string{}, Adapters: n.Out.Names(), Space: n.Out.Space.String(), Held: held(n.Out)}
	for _, source := range n.Sources {
		s.Inputs = append(s.Inputs, n.Recipe.seen(source.Path))
	}
	for _, edge := range n.Edges() {
		s.Inputs = append(s.Inputs, edge.String())
	}
	_, reads := n.Op.(stages.Source)
	sink, writes := n.Op.(stages.Sink)
	if writes {
		s.To = sink.Target()
	}
	s.Modules = len(n.Out.Union())
	if reads || writes {
		s.Bytes = allStoredBytes(n.Out)
	} else {
		s.Bytes = n.Out.AllBytes()
	}
	s.Ranks = rangeOf(n.Out, func(m *adapter.Module) float64 { return float64(m.Rank) })
	s.Alphas = rangeOf(n.Out, func(m *adapter.Module) float64 { return m.Alpha })
	return s
}

// rangeOf is taken over the pairs.
func rangeOf(t stages.Type, figure func(*adapter.Module) float64) Range {
	var all []float64
	for _, member := range t.Members {
		for _, m := range member.Modules {
			if m.Form != adapter.Whole {
				all = append(all, figure(m))
			}
		}
	}
	return RangeOf(all)
}

// RangeOf is that of some figures; it is zero where there are none.
func RangeOf(all []float64) Range {
	if len(all) == 0 {
		return Range{}
	}
	return Range{slices.Min(all), slices.Max(all)}
}

// StageCache is what a run would do with a stage's values.
type StageCache struct {
	Keepable bool `json:"-"` // by whatever run: it is neither a load nor a save
	Kept     bool `json:"kept"`
	// Hits is the number of modules whose value is in the cache, or nil where that is
	// not known without reading the inputs.
	Hits    *int `json:"hits,omitempty"`
	Modules int  `json:"modules"`
	// Until is when the hits will be known, where they are not.
	Until Until `json:"until,omitempty"`
}

// Until is when something will be known.
type Until string

// What has to be done first.
const (
	UntilRead     Until = "read"     // the inputs' tensors
	UntilSurveyed Until = "surveyed" // whole adapters
	UntilCounted  Until = "counted"  // so many modules that hashing them takes its time
)

// StoredBytes is what the module takes on disk, in all members.
func StoredBytes(t stages.Type, module string) int64 {
	var sum int64
	for _, m := range t.At(module) {
		sum += m.StoredBytes()
	}
	return sum
}

// allStoredBytes is the sum of storedBytes over all modules.
func allStoredBytes(t stages.Type) int64 {
	var sum int64
	for _, member := range t.Members {
		for _, m := range member.Modules {
			sum += m.StoredBytes()
		}
	}
	return sum
}

// String is one figure, or two.
func (r Range) String() string {
	if r.Min == r.Max {
		return fmt.Sprintf("%.6g", r.Min)
	}
	return fmt.Sprintf("%.6g to %.6g", r.Min, r.Max)
}
