package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/stages"
)

func stagesCommand(ui *ui) *cobra.Command {
	return &cobra.Command{
		Use:     "stages [VERB]",
		Short:   "list the verbs of a recipe, or explain one",
		Example: "  loramerge stages\n  loramerge stages trim",
		Args:    cobra.MaximumNArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return verbNames(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return ui.verbs(stages.All)
			}
			kind, ok := stages.Find(args[0])
			if !ok {
				return &usageError{c.CommandPath(), fmt.Errorf("there is no verb %q", args[0])}
			}
			return ui.verb(kind)
		},
	}
}

func verbNames() []string {
	names := make([]string, len(stages.All))
	for i, kind := range stages.All {
		names[i] = kind.Name
	}
	return names
}
