package compare

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"path/filepath"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/adapter/formats"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/lowrank"
	"github.com/loramerge/loramerge/internal/reportpage"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// Weights are what the tensors of a merge say about it. They are no evaluation: a merge that keeps
// much of an adapter's ΔW may still have lost its skill.
type Weights struct {
	Output   string  `json:"output"`
	Modules  int     `json:"modules"`
	Rank     int     `json:"rank"` // the largest
	Bytes    int64   `json:"bytes"`
	Norm     float64 `json:"norm"`     // ‖ΔW‖ over all modules
	Adapters []Kept  `json:"adapters"` // that it was made of
	Note     string  `json:"note,omitempty"`

	saved string // the adapter's name in its recipe; empty if it has none inside
}

// Kept is what a merge M has of one of its adapters W.
type Kept struct {
	Adapter   string           `json:"adapter"`
	Norm      float64          `json:"norm"`
	Strength  reportpage.Ratio `json:"strength"`  // ⟨M, W⟩/‖W‖²
	Alignment reportpage.Ratio `json:"alignment"` // cos(M, W)
	// Opposite is the share of elements that M moves the other way than W, of the modules that both
	// have; of large modules by evenly spaced rows.
	Opposite reportpage.Ratio `json:"signs_opposite"`
}

// weigh reads an output and, if its recipe is inside and they are there, the adapters that it was
// made of.
func weigh(ctx context.Context, folder string, find plan.Finder) (*Weights, error) {
	merged, inputs, note, closing, err := openMade(folder, find)
	if err != nil {
		return nil, err
	}
	defer closing()
	w := &Weights{Output: filepath.ToSlash(filepath.Clean(folder)), Modules: len(merged.Modules), Adapters: []Kept{}, Note: note, saved: savedOf(merged)}
	w.Bytes = merged.Store.Size()
	for i := range merged.Modules {
		w.Rank = max(w.Rank, merged.Modules[i].Rank)
	}
	whole, err := overModules(ctx, merged, merged)
	if err != nil {
		return nil, err
	}
	w.Norm = math.Sqrt(whole.normB)
	for _, in := range inputs {
		found, err := overModules(ctx, merged, in.Opened)
		if err != nil {
			return nil, err
		}
		norm := math.Sqrt(found.normB)
		w.Adapters = append(w.Adapters, Kept{in.Label, norm, reportpage.Over(found.inner, found.normB), reportpage.Over(found.inner, w.Norm*norm), reportpage.Over(found.opposite, found.elements)})
	}
	return w, nil
}

// savedOf is the name of the adapter that a recipe saved as this one.
func savedOf(merged *adapter.Adapter) string {
	said, ours := plan.ReadProvenance(merged.Metadata())
	if !ours {
		return ""
	}
	inside, err := recipe.Parse(merged.Path, []byte(said.Recipe), stages.Verbs())
	if err != nil {
		return ""
	}
	stage, ok := inside.Lookup(said.Stage)
	if !ok || len(stage.Inputs) != 1 {
		return ""
	}
	return cmp.Or(stage.Inputs[0].Adapter, stage.Inputs[0].Stage)
}

// openMade opens an output and its inputs; without a recipe inside, or without the inputs, it says
// so in the note.
func openMade(folder string, find plan.Finder) (merged *adapter.Adapter, inputs []plan.Loaded, note string, closing func(), err error) {
	proof, failed := run.OpenProof(folder, "", find)
	if failed != nil {
		merged, err = formats.Open(folder)
		return merged, nil, fmt.Sprintf("the adapters that it was made of are not known: %v", failed), func() { merged.Close() }, err
	}
	planned, failed := proof.Plan()
	if failed != nil {
		return proof.Out, nil, "the adapters that it was made of can't be read: " + fault.List(failed)[0].Error(), func() { proof.Out.Close() }, nil
	}
	return proof.Out, plan.LoadedFor(planned.Sinks()[0]), "", func() { planned.Close(); proof.Out.Close() }, nil
}

// overModules are ⟨M, W⟩ and the opposite signs over the modules that both have, and ‖W‖² over all of
// W's, several modules in parallel and added up in the order of W's.
func overModules(ctx context.Context, m, w *adapter.Adapter) (total measured, err error) {
	found := make([]measured, len(w.Modules))
	group, running := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range w.Modules {
		group.Go(func() (err error) {
			if err = running.Err(); err == nil && w.Modules[i].Form != adapter.Whole {
				found[i], err = together(running, m, w, &w.Modules[i])
			}
			return err
		})
	}
	err = group.Wait()
	for _, x := range found {
		total.add(x)
	}
	return total, err
}

// together measures a module of W, and M's of that name if there is one.
func together(ctx context.Context, m, w *adapter.Adapter, module *adapter.Module) (measured, error) {
	own, err := w.Pair(module)
	if err != nil {
		return measured{}, err
	}
	out := measured{normB: squareOf(module.Scale * lowrank.Norm(own))}
	other, ok := m.Find(module.Name)
	if !ok || !sameLayer(module, other) || m == w {
		return out, nil
	}
	merged, err := m.Pair(other)
	if err != nil {
		return measured{}, err
	}
	out.inner = module.Scale * other.Scale * lowrank.Inner(merged, own)
	if module.Scale*other.Scale < 0 {
		merged = scaledProduct(merged, -1)
	}
	rows := min(signRows, module.Out())
	out.elements = float64(module.Out()) * float64(module.In())
	out.opposite = float64(opposite(ctx, someRows(merged, rows), someRows(own, rows))) * float64(module.Out()) / float64(rows)
	return out, ctx.Err()
}

// signRows is how many rows of a module the signs are counted on.
const signRows = 64

// someRows are evenly spaced rows of a product.
func someRows(p lowrank.Product, rows int) lowrank.Product {
	b := lowrank.NewMatrix(rows, p.B.Cols)
	for i := range rows {
		copy(b.Data[i*b.Cols:(i+1)*b.Cols], p.B.Data[(i*p.B.Rows/rows)*b.Cols:])
	}
	return lowrank.Product{B: b, A: p.A}
}
