package draft

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/recipetext"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/relate"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// Options are what a draft depends on beside the adapters.
type Options struct {
	Method string   // one of Methods; empty for the first
	Dir    string   // the folder that the recipe will lie in; empty for the current one
	Name   string   // of the recipe, and of its output in the folder out; empty for an output "merged"
	Base   string   // the base model that the author vouches for, where the adapters' own words differ
	Rank   int      // of the merged adapter; 0 for the sum of the ranks, up to 64
	For    []string // who will load it, as `save … for` has it
	// BaseConfig is what `save … base-config` names, seen from the current folder; empty for nothing.
	BaseConfig string
	Find       plan.Finder // of adapters that are given by references; nil where there are none
}

// Methods are the ways to merge that New knows; the first is the recommended one.
var Methods = []string{"sum", "ties", "dare", "dare-ties", "linear", "slerp", "karcher", "svd"}

// New writes a recipe that merges the adapters in some folders, with comments for
// its reader. It runs as it is: it works on ΔW, so that scales and ranks may differ,
// counts modules as zero that an adapter lacks, and leaves out whole tensors that can't be
// averaged. The result has the adapters' mean norm, less what interference costs, whatever
// the method. It reads the weights and says how the adapters' sizes and directions relate and, of
// a sum, what share of ‖ΔW‖² the rank keeps.
//
// Adapters that don't merge at all are Faults: of different base models, unless Base
// vouches for them; without a module in common; of different shapes.
func New(ctx context.Context, paths []string, options Options) ([]byte, error) {
	d := draft{Options: options}
	if d.Method == "" {
		d.Method = Methods[0]
	}
	if !slices.Contains(Methods, d.Method) {
		return nil, fmt.Errorf("there is no method %q to draft; known are %s", d.Method, strings.Join(Methods, ", "))
	}
	if len(paths) < 2 {
		return nil, fmt.Errorf("a merge needs two adapters or more, and %d are given", len(paths))
	}
	if d.BaseConfig != "" && !plan.IsReference(d.BaseConfig) {
		var err error
		if d.BaseConfig, err = recipetext.Path(d.Dir, d.BaseConfig); err != nil {
			return nil, err
		}
	}
	defer d.close()
	if err := d.open(paths); err != nil {
		return nil, err
	}
	d.look()
	if err := d.check(d.text()); err != nil {
		if !d.headers.Heads && !d.headers.Rows || len(d.For) == 0 {
			return nil, err
		}
		d.headers.LeaveHeads(d.opened())
		d.pairsAlone = true
		if d.check(d.text()) != nil {
			return nil, err
		}
	}
	if err := d.measure(ctx); err != nil {
		return nil, err
	}
	return d.text(), nil
}

// draft is a recipe under construction.
type draft struct {
	Options
	adapters []draftAdapter
	headers  *relate.Headers
	cut      *relate.Cut
	findings []relate.Finding // on the adapters' sizes and directions
	// pairsAlone is true if whole tensors are left out because a reader can't load them.
	pairsAlone bool
}

// draftAdapter is one of the adapters.
type draftAdapter struct {
	relate.Opened
	path string // seen from the recipe's folder
}

func (d *draft) open(paths []string) error {
	opened, bases, err := relate.Open(paths, d.Find, adapter.Options{})
	all := multierror.Append(nil, err)
	for _, a := range opened {
		seen, err := a.Given, error(nil)
		if !plan.IsReference(a.Given) {
			seen, err = recipetext.Path(d.Dir, a.Path)
		}
		all = multierror.Append(all, err)
		d.adapters = append(d.adapters, draftAdapter{a, seen})
	}
	if differ := plan.DifferentBases(bases, plan.Vouched(bases, d.Base)); differ != nil {
		bases := fault.In(differ.X.Path+", "+differ.Y.Path, "these adapters are of different %s: the first names %s, the other %s", differ.What(), differ.Name(differ.X), differ.Name(differ.Y)).
			Mend(fmt.Sprintf("%s, vouch for it with `--base %s`", differ.Condition(), recipetext.Scalar(differ.Vouch()))).See(differ.Page())
		return multierror.Append(nil, bases, all.ErrorOrNil())
	}
	return all.ErrorOrNil()
}

func (d *draft) close() { relate.Close(d.opened()) }

func (d *draft) opened() []relate.Opened {
	all := make([]relate.Opened, len(d.adapters))
	for i, a := range d.adapters {
		all[i] = a.Opened
	}
	return all
}

// look finds out what the adapters have in common, and what rank to draft.
func (d *draft) look() {
	d.headers = relate.HeadersOf(d.opened())
	if d.Rank == 0 {
		d.Rank = d.headers.Rank()
	}
}

// measure finds out how the adapters relate, and what the rank keeps of their sum, for methods whose
// result that is.
func (d *draft) measure(ctx context.Context) (err error) {
	if d.findings, err = relate.Similar(ctx, d.opened()); err != nil || !draftMethods[d.Method].sums {
		return err
	}
	d.cut, err = relate.CutOf(ctx, d.opened(), d.Rank)
	return err
}

// check plans the draft: what is wrong then is wrong with the adapters.
func (d *draft) check(text []byte) error {
	parsed, err := recipe.Parse("the draft", text, stages.Verbs())
	if err != nil { // nothing else in it is the author's own
		return wrongWith("--for "+strings.Join(d.For, ","), "", err)
	}
	p, err := plan.New(parsed, d.Dir, plan.Options{Force: true, Find: d.Find})
	defer func() { _ = p.Close() }() // a plan is made even of a recipe with mistakes
	for _, w := range p.Warnings {
		if w.Page == relate.Apart {
			err = multierror.Append(err, w) // a draft merges no unconnected adapters
		}
	}
	return wrongWith(d.paths(), "these adapters don't merge", err)
}

// wrongWith says what is wrong in terms of what the user gave: nobody has seen the draft's lines.
func wrongWith(what, text string, err error) error {
	all := fault.List(err)
	for i, e := range all {
		all[i] = fault.In(what, "%s", text).Because(fault.Unplaced(e))
	}
	return multierror.Append(nil, all...).ErrorOrNil()
}

func (d *draft) paths() string {
	names := make([]string, len(d.adapters))
	for i, a := range d.adapters {
		names[i] = a.Given
	}
	return strings.Join(names, ", ")
}
