package main

import (
	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/stages"
)

func stagesCommand(ui *ui) *cobra.Command {
	return &cobra.Command{
		Use:     "stages [VERB]",
		Short:   "list the verbs of a recipe, or explain one",
		Example: "  loramerge stages\n  loramerge stages trim",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				ui.verbs(stages.All)
				return nil
			}
			kind, ok := stages.Find(args[0])
			if !ok {
				return see(c.CommandPath(), unknown("verb", args[0], verbNames()))
			}
			ui.verb(kind)
			return nil
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
