package main

import (
	"errors"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/adapter/formats"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/mergekit"
	"github.com/loramerge/loramerge/internal/osfile"
	"github.com/loramerge/loramerge/internal/overwrite"
)

func importCommand(ui *ui) *cobra.Command {
	var out string
	var rule overwrite.Rule
	command := &cobra.Command{
		Use:   "import MERGEKIT.yml",
		Short: "turn a mergekit configuration of adapters into a recipe",
		Long: `Turns a mergekit configuration whose models are adapters (path/to/adapter, or base+path/to/adapter) into a
recipe that merges what mergekit would merge, and reports on stderr what it could not translate. Paths in
the configuration are relative to the folder where mergekit is started, so run this command there too.`,
		Example: "  loramerge import mergekit.yml -o merge.yaml",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			source, err := osfile.ReadUpTo(args[0], mergekit.SizeLimit+1)
			if err != nil {
				return usage(c.CommandPath(), err)
			}
			var adapters []string
			modules := func(path string) ([]string, error) {
				adapters = append(adapters, path)
				return moduleNames(path)
			}
			text, notes, err := mergekit.Import(source, mergekit.Options{File: args[0], Dir: filepath.Dir(out), Modules: modules, Rank: largestRank})
			if err != nil {
				return err
			}
			ui.warnings(notes)
			rule.Kept = append(ui.adapterFiles(adapters), overwrite.Kept{Path: args[0], What: "the configuration"})
			return ui.recipe(c, text, out, rule)
		},
	}
	command.Flags().StringVarP(&out, "output", "o", "", "the file to write; - is stdout (default: stdout)")
	command.Flags().BoolVar(&rule.Force, "force", false, "replace a file")
	return command
}

// largestRank is that of an adapter's modules; 0 if it can't be opened.
func largestRank(path string) int {
	opened, err := formats.Open(path)
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

// moduleNames lists the modules of an adapter's folder. Of a Fault in it the text is enough:
// its remedy is meant for recipes.
func moduleNames(path string) ([]string, error) {
	opened, err := formats.Open(path)
	if f, ok := errors.AsType[*fault.Fault](err); ok {
		return nil, errors.New(f.Text)
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
