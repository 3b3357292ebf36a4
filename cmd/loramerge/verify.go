package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/merge/run"
)

// errDiffers ends verify with exit code 1; what differs was printed.
var errDiffers = errors.New("the output is not what its recipe gives")

func verifyCommand(ui *ui) *cobra.Command {
	var from string
	options := run.Options{Measure: run.MeasureNone}
	memory := byteSize(run.DefaultMemory)
	command := &cobra.Command{
		Use:     "verify OUT",
		Short:   "recompute a merged adapter from its own recipe, and compare bytes",
		Example: "  loramerge verify recipes/out/ties",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			progress := ui.progress("recomputing")
			options.Progress, options.Memory, options.Find = progress.update, int64(memory), ui.hub.Find
			verdict, err := run.Verify(c.Context(), args[0], from, options)
			progress.finish()
			if err != nil {
				return err
			}
			ui.verdict(args[0], verdict)
			if !verdict.Same {
				return errDiffers
			}
			return nil
		},
	}
	command.Flags().StringVar(&from, "from", "", "the folder that the recipe's paths are relative to (default: where the recipe was)")
	addJobs(command, &options.Jobs, "modules to work on at once (default: one per processor)")
	command.Flags().Var(&memory, "memory", "memory for the modules in progress, such as 512MB")
	return command
}
