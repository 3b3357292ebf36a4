package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/merge"
)

func runCommand(ui *ui) *cobra.Command {
	var dryRun, force bool
	var options merge.RunOptions
	var measure measureFlag
	memory := byteSize(merge.DefaultMemory)
	command := &cobra.Command{
		Use:     "run RECIPE",
		Short:   "carry a recipe out",
		Example: "  loramerge run recipes/ties.yaml\n  loramerge run --memory 512MB --jobs 4 merge.yaml",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			plan, err := merge.Load(args[0], merge.PlanOptions{Force: force})
			if err != nil {
				return err
			}
			defer plan.Close()
			ui.warnings(plan.Warnings)
			if dryRun {
				return ui.plan(plan, int64(memory), options.Jobs)
			}
			options.Memory, options.Version, options.Measure = int64(memory), version(), merge.Measure(measure)
			progress := ui.progress()
			options.Progress = progress.update
			result, err := plan.Run(c.Context(), options)
			progress.finish()
			if err != nil {
				return err
			}
			ui.result(result)
			return nil
		},
	}
	command.Flags().BoolVar(&dryRun, "dry-run", false, "plan, print the plan, and stop")
	command.Flags().BoolVar(&force, "force", false, "replace a folder that loramerge did not make")
	command.Flags().IntVarP(&options.Jobs, "jobs", "j", 0, "modules to work on at once (default: one a processor)")
	command.Flags().Var(&memory, "memory", "memory for the modules under way, such as 512MB")
	command.Flags().Var(&measure, "measure", "what to find out about losses: cheap, all or none")
	return command
}

// measureFlag is a merge.Measure by name.
type measureFlag merge.Measure

var measureNames = []string{merge.MeasureCheap: "cheap", merge.MeasureAll: "all", merge.MeasureNone: "none"}

// Set reads the name.
func (m *measureFlag) Set(text string) error {
	at := slices.Index(measureNames, text)
	if at < 0 {
		return fmt.Errorf("%q is not one of %s", text, strings.Join(measureNames, ", "))
	}
	*m = measureFlag(at)
	return nil
}

func (m *measureFlag) String() string { return measureNames[*m] }

// Type names it in the help.
func (m *measureFlag) Type() string { return "measure" }
