package adapter

import (
	"slices"
	"strings"

	"github.com/hashicorp/go-multierror"
	"github.com/loramerge/loramerge/internal/fault"
)

// Rename gives every module the name that to makes of its own; the tensors in the file keep
// theirs. Two modules that would get one name are a Fault each, and nothing is renamed.
func (a *Adapter) Rename(to func(name string) string) error {
	var all *multierror.Error
	renamed := slices.Clone(a.Modules)
	taken := make(map[string]string, len(renamed))
	for i := range renamed {
		old := renamed[i].Name
		name := to(old)
		if other, twice := taken[name]; twice {
			all = multierror.Append(all, fault.In(a.Path, "modules %q and %q would both be called %q", other, old, name).Mend("rename one of them to something else"))
		}
		taken[name] = old
		renamed[i].Name = name
	}
	if all.ErrorOrNil() != nil {
		return all
	}
	slices.SortFunc(renamed, func(x, y Module) int { return strings.Compare(x.Name, y.Name) })
	a.Modules = renamed
	return nil
}
