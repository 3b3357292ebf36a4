package main

import (
	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

func schemaCommand(ui *ui) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "print the JSON Schema of recipes, for editors",
		Long: `Prints the JSON Schema (2020-12) of recipes. Editors with YAML support use it to complete and check a
file whose first line names it:

  # yaml-language-server: $schema=recipe.schema.json`,
		Example: "  loramerge schema > recipe.schema.json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			ui.print(string(recipe.Schema(stages.Verbs())))
			return nil
		},
	}
}
