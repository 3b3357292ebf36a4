package relate

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/printable"
	"github.com/loramerge/loramerge/internal/reportpage"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/stages"
)

// Options bound the work and say what is worth telling on the way.
type Options struct {
	Memory       int64       // for the modules in progress, in bytes; 0 for a GiB
	Jobs         int         // modules at once; 0 for one per processor
	AllowUnknown []string    // fields of adapter_config.json that are allowed
	Find         plan.Finder // of adapters that are given by references; nil where there are none
	Base         string      // the base model that is vouched for; may be empty
	// Merged says that a recipe merges the adapters already: what would help names no stages of a draft.
	Merged bool
	// Progress is called with what was read so far, and what there is to read; nil for nobody.
	Progress func(modules, allModules int, bytes, allBytes int64)
}

// Relation is how adapters relate to each other.
type Relation struct {
	Adapters []*Adapter `json:"adapters"`
	Pairs    []*Pair    `json:"pairs"` // of adapters, the most similar first
	// SignConflict is the share of the elements of ΔW that one adapter raises and another lowers,
	// where several have a module.
	SignConflict Figure  `json:"sign_conflict"`
	Modules      Modules `json:"modules"`
	// Spaces are those in which adapters can be merged, as they are or not.
	Spaces []Space `json:"spaces"`
	// Findings are what to know before these are merged.
	Findings []Finding `json:"findings"`
	Draft    Draft     `json:"draft"` // the recipe that `loramerge init` drafts
	// Sampled is the number of modules in which signs were counted on a sample.
	Sampled int `json:"sampled_modules"`
}

// Adapter is one of those that are related.
type Adapter struct {
	Name   string     `json:"name"` // in the recipe that would be drafted
	Path   string     `json:"path"`
	Base   string     `json:"base,omitempty"` // the base model that it names
	Task   string     `json:"task_type,omitempty"`
	Pairs  int        `json:"pairs"`         // of A and B
	Whole  int        `json:"whole_tensors"` // but for rows of tokens
	Rows   int        `json:"token_rows"`
	Ranks  plan.Range `json:"ranks"`
	Alphas plan.Range `json:"alphas"`
	Norm   float64    `json:"norm"` // ‖ΔW‖ over all modules
	// Alignment is cos(Σⱼ ΔWⱼ, ΔW), what of its direction is left in the plain sum of all.
	Alignment Figure   `json:"alignment"`
	Notes     []string `json:"notes"` // on its folder
}

// Pair is two adapters. The overlaps are the mean squared cosines of the principal angles between
// the subspaces that their A's, and their B's, span, over the modules that both have.
type Pair struct {
	X            string `json:"x"`
	Y            string `json:"y"`
	Modules      int    `json:"modules"` // that both have
	Cosine       Figure `json:"cosine"`  // of ΔW; Unrelated is a standard deviation, around 0
	OverlapA     Figure `json:"overlap_a"`
	OverlapB     Figure `json:"overlap_b"`
	OppositeSign Figure `json:"signs_opposite"` // the share of elements
}

// Figure is a number, and what unrelated adapters of the same shapes and ranks have.
type Figure struct {
	Value     reportpage.Ratio `json:"value"`
	Unrelated reportpage.Ratio `json:"unrelated"`
}

// Of finds out how the adapters in some folders relate, reading every pair once. Its errors are
// those of reading: what stands in the way of a merge is what it finds.
func Of(ctx context.Context, paths []string, options Options) (*Relation, error) {
	adapters, _, err := Open(paths, options.Find, options.adapter())
	defer Close(adapters)
	if err != nil {
		return nil, err
	}
	return Among(ctx, adapters, options)
}

// Among finds out how adapters relate that are open already. They are opened once more, to see what a recipe
// that loads them makes of them.
func Among(ctx context.Context, adapters []Opened, options Options) (*Relation, error) {
	places, bases := placesOf(adapters), claimsOf(adapters)
	totals, err := measure(ctx, adapters, places, options, true)
	if err != nil {
		return nil, err
	}
	r := &Relation{Modules: modulesOf(adapters, places), Sampled: totals.sampled}
	for i, a := range adapters {
		r.Adapters = append(r.Adapters, describe(a))
		r.Adapters[i].Norm, r.Adapters[i].Alignment = totals.norm(i), totals.alignment(i)
	}
	r.Pairs, r.SignConflict = totals.pairs(adapters), totals.conflict()
	if r.Spaces, err = spacesOf(adapters, bases, options); err != nil {
		return nil, err
	}
	if r.Draft, err = draftOf(ctx, adapters, bases, options); err != nil {
		return nil, err
	}
	similar := similarOf(totals, adapters)
	if options.Merged {
		similar.from = ""
	}
	r.Findings = slices.Concat(differences(ctx, adapters), similar.weighty(), similar.subspaces())
	return r, ctx.Err()
}

// CosineSpread is how far the cosines of unrelated adapters of these shapes are from 0: the largest standard deviation of any
// pair, and 0 where no pair has a cosine.
func (r *Relation) CosineSpread() float64 {
	spread := 0.0
	for _, p := range r.Pairs {
		if p.Cosine.Unrelated.Defined() {
			spread = max(spread, float64(p.Cosine.Unrelated))
		}
	}
	return spread
}

// SampleText says of how much signs were counted on a sample; it is empty where all elements were looked at.
func (r *Relation) SampleText() string {
	if r.Sampled == 0 {
		return ""
	}
	return fmt.Sprintf("Signs were counted at up to %d rows and columns of each of %s; all else is exact.", SampleSide, printable.Count(r.Sampled, "large module"))
}

// Similar finds, for a draft, what of the adapters' sizes and directions its reader should know.
func Similar(ctx context.Context, adapters []Opened) ([]Finding, error) {
	totals, err := measure(ctx, adapters, placesOf(adapters), Options{}, false)
	if err != nil {
		return nil, err
	}
	return similarOf(totals, adapters).weighty(), nil
}

func describe(a Opened) *Adapter {
	out := &Adapter{Name: a.Name, Path: a.Given, Base: a.Base.String(), Task: a.Task, Notes: []string{}}
	for _, note := range a.Notes {
		out.Notes = append(out.Notes, note.Text)
	}
	s := SizesOf(a.Adapter)
	out.Pairs, out.Whole, out.Rows, out.Ranks, out.Alphas = s.Pairs, s.Whole, s.Rows, s.Ranks, s.Alphas
	return out
}

// wholeText counts whole tensors, and rows of tokens apart from them.
func (a *Adapter) wholeText() string {
	switch {
	case a.Rows == 0:
		return fmt.Sprint(a.Whole)
	case a.Whole == 0:
		return adapter.RowsText(a.Rows)
	}
	return fmt.Sprintf("%d, %s", a.Whole, adapter.RowsText(a.Rows))
}

// unrelatedAlignment is what each of n unrelated adapters of one size has in their sum.
func unrelatedAlignment(n int) float64 { return 1 / math.Sqrt(float64(n)) }

func claimsOf(adapters []Opened) (all []stages.Claim) {
	for _, a := range adapters {
		if base := a.Base; base.Name != "" {
			all = append(all, stages.Claim{Path: a.Path, Base: base})
		}
	}
	return all
}

// different is the first difference between base models, but for those that are vouched for.
func different(bases []stages.Claim, vouched string) *plan.BaseDifference {
	return plan.DifferentBases(bases, plan.Vouched(bases, vouched))
}
