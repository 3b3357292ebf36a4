package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/merge/compare"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

func diffCommand(ui *ui) *cobra.Command {
	var asJSON bool
	command := &cobra.Command{
		Use:   "diff A B",
		Short: "compare two adapters, module by module, or two recipes, by meaning",
		Long: `For two adapters, prints for every module that both have the cosine of the two ΔW, their distance
‖ΔWa − ΔWb‖ / ‖ΔWa‖ and the share of elements with opposite signs; the modules that differ most come
first. For two recipes, prints the stages and parameters that differ after shorthands are expanded and
defaults filled in, so recipes that describe the same merge in different words do not differ.`,
		Example: "  loramerge diff adapters/python out/merged\n  loramerge diff ties.yaml ties-sparser.yaml",
		Args:    cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			a, err := isFolder(args[0])
			if err != nil {
				return err
			}
			b, err := isFolder(args[1])
			switch {
			case err != nil:
				return err
			case a != b:
				return usage(c.CommandPath(), fmt.Errorf("%s and %s are not both adapters' folders, or both recipes", args[0], args[1]))
			case a:
				return ui.diffAdapters(c.Context(), args[0], args[1], asJSON)
			}
			return ui.diffRecipes(args[0], args[1], asJSON)
		},
	}
	command.Flags().BoolVar(&asJSON, "json", false, "print it as JSON")
	return command
}

func isFolder(path string) (bool, error) {
	info, err := os.Stat(path)
	if err != nil {
		return false, fault.In(path, "cannot be read").Because(err).Mend("name two adapters' folders or two recipes")
	}
	return info.IsDir(), nil
}

func (u *ui) diffAdapters(ctx context.Context, pathA, pathB string, asJSON bool) error {
	a, err := adapter.Open(pathA)
	if err != nil {
		return err
	}
	defer a.Close()
	b, err := adapter.Open(pathB)
	if err != nil {
		return err
	}
	defer b.Close()
	found, err := compare.Adapters(ctx, a, b)
	if err != nil {
		return err
	}
	if asJSON {
		return u.json(found)
	}
	u.comparison(found)
	return nil
}

func (u *ui) diffRecipes(pathA, pathB string, asJSON bool) error {
	a, err := readRecipe(pathA)
	if err != nil {
		return err
	}
	b, err := readRecipe(pathB)
	if err != nil {
		return err
	}
	changes := plan.Diff(a, b)
	if asJSON {
		return u.json(changes)
	}
	u.changes(changes)
	return nil
}

func readRecipe(path string) (*recipe.Recipe, error) {
	source, err := plan.ReadRecipe(path)
	if err != nil {
		return nil, err
	}
	return recipe.Parse(path, source, stages.Verbs())
}
