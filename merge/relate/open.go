package relate

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/adapter/formats"
	"github.com/loramerge/loramerge/internal/osfile"
	"github.com/loramerge/loramerge/internal/recipetext"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// Opened is an adapter under the name that it has in a recipe, which may be one that is not written yet.
type Opened struct {
	*adapter.Adapter
	Name  string
	Given string // the path or reference that led to it
	Load  Load
}

// Load is how the recipe loads an adapter.
type Load struct {
	Stage  string
	Name   string // of the adapter there
	Params string // of the stage, as the language has them; may be empty
}

// Open opens the adapters in some folders; whoever called it closes them, with an error too. All
// mistakes in the folders come at once. The base models that folders name are those of all
// folders that say so, whatever else is wrong with them. find finds what is given by a reference.
func Open(paths []string, find plan.Finder, options adapter.Options) (all []Opened, bases []stages.Claim, err error) {
	var mistakes *multierror.Error
	taken := make(map[string]bool)
	for _, name := range recipe.ReservedNames {
		taken[name] = true
	}
	for _, given := range paths {
		found, err := find.Path("", given)
		if err != nil {
			mistakes = multierror.Append(mistakes, err)
			continue
		}
		path := found.Path
		opened, err := formats.OpenWith(path, options)
		base := formats.BaseOf(path)
		if err == nil {
			base = opened.Base
		}
		if base.Name != "" {
			bases = append(bases, stages.Claim{Path: path, Base: base})
		}
		if err != nil {
			mistakes = multierror.Append(mistakes, err)
			continue
		}
		name := recipetext.Name(named(given), taken)
		all = append(all, Opened{opened, name, given, Load{"adapters", name, allowing(options.AllowUnknown)}})
	}
	return all, bases, mistakes.ErrorOrNil()
}

// revision is that of a reference, which is no part of an adapter's name.
var revision = regexp.MustCompile(`@[^/]*`)

// named is the path whose last part is what an adapter is called; a file is called so without its
// ending.
func named(given string) string {
	if plan.IsReference(given) {
		given = revision.ReplaceAllString(given, "")
	} else {
		given = osfile.Abs(given)
	}
	return strings.TrimSuffix(given, ".safetensors")
}

// allowing is the parameter of a load that lets fields in.
func allowing(fields []string) string {
	if len(fields) == 0 {
		return ""
	}
	return "allow-unknown: " + scalars(fields)
}

// Close closes adapters.
func Close(all []Opened) {
	for _, a := range all {
		_ = a.Close() // it was only read
	}
}

// place is a pair that some adapters have, of one layer.
type place struct {
	module  string
	holders []int // in rising order
	modules []*adapter.Module
}

// placesOf lists the pairs of all adapters by name. Where one name means different layers, each
// of these is a place of its own.
func placesOf(adapters []Opened) []*place {
	var all []*place
	byName := make(map[string][]*place)
	for i, a := range adapters {
		for j := range a.Modules {
			m := &a.Modules[j]
			if m.Form == adapter.Whole {
				continue
			}
			at := slices.IndexFunc(byName[m.Name], func(p *place) bool { return sameLayer(p.modules[0], m) })
			if at < 0 {
				at = len(byName[m.Name])
				p := &place{module: m.Name}
				all, byName[m.Name] = append(all, p), append(byName[m.Name], p)
			}
			p := byName[m.Name][at]
			p.holders, p.modules = append(p.holders, i), append(p.modules, m)
		}
	}
	slices.SortStableFunc(all, func(x, y *place) int {
		return cmp.Or(strings.Compare(x.module, y.module), cmp.Compare(x.holders[0], y.holders[0]))
	})
	return all
}

func sameLayer(x, y *adapter.Module) bool {
	return x.Form == y.Form && x.Out() == y.Out() && x.In() == y.In()
}

// stored is what is read at the place, in bytes.
func (p *place) stored() (bytes int64) {
	for _, m := range p.modules {
		bytes += m.StoredBytes()
	}
	return bytes
}
