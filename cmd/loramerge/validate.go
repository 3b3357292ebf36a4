package main

import (
	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/merge"
)

func validateCommand(ui *ui) *cobra.Command {
	vars := varsFlag{}
	command := &cobra.Command{
		Use:   "validate RECIPE…",
		Short: "check recipes, as a pre-commit hook does",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			wrong := false
			for _, path := range args {
				plan, err := merge.Load(path, merge.PlanOptions{Force: true, Vars: vars})
				if err != nil {
					ui.failure(err)
					wrong = true
					continue
				}
				ui.warnings(plan.Warnings)
				plan.Close()
				ui.printf("%s: ok\n", path)
			}
			if wrong {
				return errReported
			}
			return nil
		},
	}
	vars.add(command)
	return command
}
