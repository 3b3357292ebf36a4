package run

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/mapkeys"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// MergeSize is how large the result of a merge is, compared with its inputs: norms ‖ΔW‖ of whole
// adapters, before the result is cut to a rank.
type MergeSize struct {
	Stage      string      `json:"stage"` // what came out
	Norm       float64     `json:"norm"`
	Inputs     []InputSize `json:"inputs"`
	Mean       float64     `json:"mean"`        // of the inputs' norms, weighted
	ByInputs   float64     `json:"norm_inputs"` // what `norm: inputs` gives
	Modules    int         `json:"modules"`     // that were measured,
	AllModules int         `json:"all_modules"` // of so many

	node  string // as the plan calls it
	norms stages.Norms
}

// InputSize is the norm of one adapter that went in.
type InputSize struct {
	Adapter string  `json:"adapter"`
	Norm    float64 `json:"norm"`
}

// sizing is where one merge is measured: at a node beside the graph that watches. Its slots are 0
// what came out, 1 what went in, and if that is then cut to a rank, 2 what went in outside of the
// space core, and 3+i what cuts[i] leaves.
type sizing struct {
	at      *node      // that watches
	merge   *node      // the stage that combines
	thinner *plan.Node // a stage before it that leaves elements out; nil if there is none
	all     int        // modules, of which at.In[0] has those that are measured

	cuts     []*node         // that bring what came out to a lower rank
	cutAt    map[string]bool // the modules at which it is measured what they keep; nil for all
	surveyed stages.Sizer    // by whose survey the norms are known; nil if there was none
	recorded bool            // what is measured goes into the cache
	sized    bool            // a stage after the merge brings it to a size, and warns by itself of adapters that cancel
	mu       sync.Mutex
	found    map[string]measured
}

// measured is what is found at one module.
type measured struct {
	stages.Norms
	Kept [][]stages.Projected `json:"kept,omitempty"` // cut by cut, of each adapter
}

// weights are those of the combination.
func (s *sizing) weights(site recipe.Site) []float64 {
	return s.merge.Kind.Weigh(s.merge.Spec(), s.merge.Depths.Site(site.Module), s.merge.In[0].Names())
}

// observe measures a module.
func (s *sizing) observe(ctx context.Context, site recipe.Site, in []stages.Value) {
	norms, known := s.known(site.Module)
	if !known {
		norms = stages.MeasureNorms(ctx, site.Module, s.at.In[1], in[1], s.weights(site), s.at.In[0], in[0])
	}
	found := measured{Norms: norms}
	for i := range s.cuts {
		if !s.measuresCuts(site.Module) {
			break
		}
		found.Kept = append(found.Kept, stages.ProjectOnCut(ctx, site.Module, s.at.In[2], in[2], in[3+i][0]))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.found[site.Module] = found
}

// known are the norms at a module, if a survey has measured them.
func (s *sizing) known(module string) (stages.Norms, bool) {
	if s.surveyed == nil {
		return stages.Norms{}, false
	}
	return s.surveyed.Measured(s.merge.Depths.Site(module), s.weights(recipe.Site{Module: module}))
}

// kept says for one of the cuts what share of each adapter's own ‖ΔW‖² it keeps, over all
// modules measured, the least first.
func (s *sizing) kept(cut int) []AdapterShare {
	var out []AdapterShare
	for i, name := range s.at.In[2].Names() {
		var all stages.Projected
		for _, module := range mapkeys.Sorted(s.found) {
			if !s.measuresCuts(module) {
				continue
			}
			found := s.found[module].Kept[cut][i]
			all.Kept, all.Own = all.Kept+found.Kept, all.Own+found.Own
		}
		if all.Own > 0 {
			out = append(out, AdapterShare{name, all.Kept / all.Own})
		}
	}
	slices.SortStableFunc(out, func(x, y AdapterShare) int { return cmp.Compare(x.Share, y.Share) })
	return out
}

// sum gives the norms over all modules measured, in their order.
func (s *sizing) sum() MergeSize {
	var all stages.Norms
	for _, module := range mapkeys.Sorted(s.found) {
		all.Add(s.found[module].Norms)
	}
	out := MergeSize{Stage: s.at.ID, node: s.at.Slots[0][0].From.ID, norms: all, Norm: all.Made(), Mean: all.Mean(), ByInputs: all.ByInputs(), Modules: len(s.found), AllModules: s.all}
	for i, name := range s.at.In[1].Names() {
		out.Inputs = append(out.Inputs, InputSize{name, all.Of(i)})
	}
	return out
}

// measuresCuts reports whether what the cuts keep is measured at a module.
func (s *sizing) measuresCuts(module string) bool {
	return len(s.cuts) > 0 && (s.cutAt == nil || s.cutAt[module])
}

const (
	tooSmall = 0.5 // of what `norm: inputs` gives
	tooLarge = 2
)

// warning is about a merge whose result has an odd size; nil for others.
func (s *sizing) warning(size MergeSize) error {
	written := s.merge.Stage
	if written.Origin != nil {
		written = written.Origin
	}
	if cancel := size.norms.Cancellation(written.Position); cancel != nil && !s.sized {
		return cancel
	}
	if size.ByInputs == 0 || size.Norm >= tooSmall*size.ByInputs && size.Norm <= tooLarge*size.ByInputs {
		return nil
	}
	text := fmt.Sprintf("%q came out at %.2g times the size that suits its inputs: ", s.at.ID, size.Norm/size.ByInputs)
	if size.Norm < size.ByInputs {
		text += "every skill is likely to be weak"
	} else {
		text += "it is likely to do harm"
	}
	remedy := fmt.Sprintf("unless that is intended, add `norm: inputs` to %q", written.Name)
	switch {
	case stages.SetsNorm(written):
		remedy = fmt.Sprintf("unless that is intended, look at the stages between %q and %q", written.Name, s.at.ID)
	case s.thinner != nil && written.Origin == nil && s.merge.Origin == nil:
		remedy = "unless that is intended, add the stage `" + stages.SizedLine(s.at.ID, plan.InputsText(s.at.Slots[1]), s.merge.Stage) + "`"
	}
	return fault.At(written.Position, "%s", text).Mend(remedy).See("size")
}
