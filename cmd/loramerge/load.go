package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/hashicorp/go-multierror"
	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/recipe"
)

// A recipe of the name - is read from standard input, and is called stdin in messages.
const (
	dash  = "-"
	stdin = "<stdin>"
)

// text is a recipe's text, and what it is called in messages.
func (u *ui) text(c *cobra.Command, path string) (name string, source []byte, err error) {
	if path != dash {
		source, err = plan.ReadRecipe(path)
		return path, source, err
	}
	source, err = io.ReadAll(io.LimitReader(c.InOrStdin(), recipe.SizeLimit+1))
	if err != nil {
		return stdin, nil, fault.In(stdin, "can't be read").Because(err).Mend("name the recipe's file instead")
	}
	u.sources[stdin] = strings.Split(string(source), "\n")
	return stdin, source, nil
}

// load plans a recipe's file, or the recipe on standard input, whose paths are those of the current folder.
func (u *ui) load(c *cobra.Command, path string, options plan.Options) (*plan.Plan, error) {
	p, _, err := u.loadText(c, path, options)
	return p, err
}

// loadText also gives the recipe's text.
func (u *ui) loadText(c *cobra.Command, path string, options plan.Options) (p *plan.Plan, source []byte, err error) {
	name, source, err := u.text(c, path)
	if err != nil {
		return nil, nil, err
	}
	if options.Find == nil {
		options.Find = u.hub.Find
	}
	p, err = plan.LoadText(name, source, filepath.Dir(path), options)
	return p, source, err
}

// loadAll plans several recipes that are to be run one after another. The mistakes of all of them come at
// once, and then there are no plans. Close each.
func (u *ui) loadAll(c *cobra.Command, paths []string, options plan.Options) ([]*plan.Plan, error) {
	var plans []*plan.Plan
	var mistakes *multierror.Error
	named := make(map[string]bool)
	for _, path := range paths {
		if named[path] {
			mistakes = multierror.Append(mistakes, usage(c.CommandPath(), fmt.Errorf("%s is named twice", path)))
			continue
		}
		named[path] = true
		p, err := u.load(c, path, options)
		if err != nil {
			mistakes = multierror.Append(mistakes, err)
			continue
		}
		plans = append(plans, p)
	}
	if mistakes == nil {
		mistakes = multierror.Append(nil, plan.CheckApart(plans))
	}
	err := mistakes.ErrorOrNil()
	if err != nil {
		closeAll(plans)
		return nil, err
	}
	return plans, nil
}

func closeAll(plans []*plan.Plan) {
	for _, p := range plans {
		p.Close()
	}
}

// errStdinRevision is that of a revision of what is in no file.
var errStdinRevision = errors.New("a recipe on standard input is in no git revision")

// path is what a path or a reference on the command line leads to.
func (u *ui) path(given string) (string, error) {
	found, err := plan.Finder(u.hub.Find).Path("", given)
	return found.Path, err
}

// ofStdin reports whether a plan's recipe is in no file, and so has no lock.
func ofStdin(p *plan.Plan) bool { return p.Recipe.File == stdin }
