package main

import (
	"errors"
	"path/filepath"

	"github.com/hashicorp/go-multierror"
	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/mergekit"
	"github.com/loramerge/loramerge/internal/overwrite"
	"github.com/loramerge/loramerge/internal/regular"
	"github.com/loramerge/loramerge/recipe"
)

func importCommand(ui *ui) *cobra.Command {
	var out string
	var rule overwrite.Rule
	command := &cobra.Command{
		Use:   "import MERGEKIT.yml",
		Short: "turn a configuration of mergekit whose models are adapters into a recipe",
		Long: `Turns a configuration of mergekit whose models are adapters (path/to/adapter, or base+path/to/adapter)
into a recipe that merges what mergekit merges, and tells on stderr what it could not carry over. Paths
are relative to where mergekit is started, which should be here too.`,
		Example: "  loramerge import mergekit.yml -o merge.yaml",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			source, err := regular.ReadUpTo(args[0], mergekit.SizeLimit+1)
			if err != nil {
				return &usageError{c.CommandPath(), err}
			}
			var adapters []string
			modules := func(path string) ([]string, error) {
				adapters = append(adapters, path)
				return moduleNames(path)
			}
			text, notes, err := mergekit.Import(source, mergekit.Options{File: filepath.Base(args[0]), Dir: filepath.Dir(out), Modules: modules, Rank: largestRank})
			if err != nil {
				return mistakesIn(args[0], err)
			}
			for _, note := range notes {
				ui.warnings([]*recipe.Mistake{placed(args[0], note)})
			}
			rule.Kept = append(adapterFiles(adapters), overwrite.Kept{Path: args[0], What: "the configuration"})
			return ui.recipe(c, text, out, rule)
		},
	}
	command.Flags().StringVarP(&out, "output", "o", "", "the file to write - for stdout (default: stdout)")
	command.Flags().BoolVar(&rule.Force, "force", false, "replace a file")
	return command
}

// largestRank is that of an adapter's modules; 0 if it can't be opened.
func largestRank(path string) int {
	opened, err := adapter.Open(path)
	if err != nil {
		return 0
	}
	defer opened.Close()
	most := 0
	for _, m := range opened.Modules {
		most = max(most, m.Rank)
	}
	return most
}

// moduleNames lists the modules of an adapter's folder. Of a problem with it the reason
// is enough: its remedy is meant for recipes.
func moduleNames(path string) ([]string, error) {
	opened, err := adapter.Open(path)
	if p, ok := errors.AsType[*adapter.Problem](err); ok {
		return nil, errors.New(p.Reason)
	} else if err != nil {
		return nil, err
	}
	defer opened.Close()
	names := make([]string, len(opened.Modules))
	for i, m := range opened.Modules {
		names[i] = m.Name
	}
	return names, nil
}

// mistakesIn gives remarks the name of their file, so that its lines are shown.
func mistakesIn(file string, err error) error {
	var all *multierror.Error
	for _, e := range recipe.Flatten(err) {
		if r, ok := errors.AsType[*mergekit.Remark](e); ok {
			e = placed(file, r)
		}
		all = multierror.Append(all, e)
	}
	return all
}

func placed(file string, r *mergekit.Remark) *recipe.Mistake {
	at := recipe.Position{File: file, Line: r.Line, Column: r.Column}
	return recipe.Mistakef(at, r.Remedy, "%s", r.Text)
}
