package merge

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/realpath"
	"github.com/loramerge/loramerge/internal/recipetext"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// DraftOptions are what a draft depends on beside the adapters.
type DraftOptions struct {
	Method string // one of DraftMethods; empty for the first
	Dir    string // the folder that the recipe will lie in; empty for the current one
	Name   string // of the recipe, and of its output in the folder out; empty for an output "merged"
}

// DraftMethods are the ways to merge that Draft knows.
var DraftMethods = []string{"ties", "dare", "dare-ties", "linear", "slerp", "karcher", "svd"}

// Draft writes a recipe that merges the adapters in some folders, with comments for
// its reader. It runs as it stands: it goes through the space delta where scales,
// ranks or modules differ, counts modules as zero that an adapter lacks, leaves out whole tensors
// that can't be averaged, and vouches for base models of different names. Adapters
// that don't merge at all are an adapter.Problem.
func Draft(paths []string, options DraftOptions) ([]byte, error) {
	d := draft{method: options.Method, dir: options.Dir, name: options.Name}
	if d.method == "" {
		d.method = DraftMethods[0]
	}
	if !slices.Contains(DraftMethods, d.method) {
		return nil, fmt.Errorf("there is no method %q to draft; known are %s", d.method, strings.Join(DraftMethods, ", "))
	}
	if len(paths) < 2 {
		return nil, fmt.Errorf("a merge needs two adapters or more, and %d are given", len(paths))
	}
	if err := d.open(paths); err != nil {
		return nil, err
	}
	d.look()
	text := d.text()
	if err := d.check(text); err != nil {
		return nil, err
	}
	return text, nil
}

// draft is a recipe in the making.
type draft struct {
	method   string
	dir      string
	name     string
	adapters []draftAdapter
	bases    []string // different names of base models, in the adapters' order
	alike    bool     // every module has one scale and one rank
	gaps     bool     // an adapter lacks pairs that others have
	heads    bool     // whole tensors are averaged
	left     []string // whole tensors that can't be averaged
	rank     int      // the largest
}

// draftAdapter is one of the adapters; its files are closed again.
type draftAdapter struct {
	*adapter.Adapter
	name string // in the recipe
	path string // seen from the recipe's folder
}

func (d *draft) open(paths []string) error {
	var all *multierror.Error
	taken := make(map[string]bool)
	for _, name := range recipe.ReservedNames {
		taken[name] = true
	}
	for _, path := range paths {
		opened, err := adapter.Open(path)
		if err != nil {
			all = multierror.Append(all, err)
			continue
		}
		seen, err := recipetext.Path(d.dir, path)
		all = multierror.Append(all, err, opened.Close())
		d.adapters = append(d.adapters, draftAdapter{opened, recipetext.Name(realpath.Abs(path), taken), seen})
	}
	return all.ErrorOrNil()
}

// check plans the draft: what is wrong then is wrong with the adapters.
func (d *draft) check(text []byte) error {
	parsed, err := recipe.Parse("the draft", text, stages.Verbs())
	if err == nil {
		var plan *Plan
		plan, err = New(parsed, d.dir, PlanOptions{Force: true})
		plan.Close()
	}
	var all *multierror.Error
	for _, e := range recipe.Flatten(err) {
		problem := &adapter.Problem{Path: d.paths(), Reason: "these adapters don't merge", Cause: e}
		if m, ok := e.(*recipe.Mistake); ok {
			problem.Reason, problem.Remedy, problem.Cause, problem.Page = "these adapters don't merge: "+m.Text, m.Remedy, m.Cause, m.Page
		}
		all = multierror.Append(all, problem)
	}
	return all.ErrorOrNil()
}

func (d *draft) paths() string {
	names := make([]string, len(d.adapters))
	for i, a := range d.adapters {
		names[i] = a.Path
	}
	return strings.Join(names, ", ")
}
