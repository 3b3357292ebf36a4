package main

import (
	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/merge/plan"
)

func expandCommand(ui *ui) *cobra.Command {
	vars := varsFlag{}
	command := &cobra.Command{
		Use:   "expand RECIPE",
		Short: "print what a recipe means: shorthands expanded, defaults filled in",
		Long: `Prints a recipe in its plainest words: the stages by name, shorthands expanded into the stages that they
stand for, each parameter on a line, with the defaults, and values instead of variables. Recipes that mean
the same print the same. No adapter is read, so it is also a textconv of git.`,
		Example: "  loramerge expand merge.yaml",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			name, source, err := ui.text(c, args[0])
			if err != nil {
				return err
			}
			parsed, err := plan.ParseRecipe(name, source, vars)
			if err != nil {
				return err
			}
			text, err := plan.Expanded(parsed)
			if err != nil {
				return err
			}
			ui.print(escaped(text))
			return nil
		},
	}
	vars.add(command)
	return command
}
