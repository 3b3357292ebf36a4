package main

import (
	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/merge"
)

func runCommand(ui *ui) *cobra.Command {
	var dryRun, force, locked, update bool
	var options merge.RunOptions
	var measure measureFlag
	var mode cacheFlag
	cacheSize := byteSize(merge.DefaultCacheSize)
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
				ui.plan(plan, int64(memory), options.Jobs)
				return nil
			}
			options.Memory, options.Version, options.Measure = int64(memory), version(), merge.Measure(measure)
			options.Lock, options.CacheSize = lockMode(locked, update), int64(cacheSize)
			ui.store(&options, merge.CacheMode(mode))
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
	command.Flags().Var(&mode, "cache", "which intermediate values to keep for later runs: auto, all or off")
	command.Flags().Var(&cacheSize, "cache-size", "what the cache may hold, such as 10GB")
	command.Flags().BoolVar(&locked, "locked", false, "refuse to run where the lock would change, as CI does")
	command.Flags().BoolVar(&update, "update-lock", false, "renew the lock and say what changed")
	command.MarkFlagsMutuallyExclusive("locked", "update-lock")
	return command
}

func lockMode(locked, update bool) merge.LockMode {
	switch {
	case locked:
		return merge.LockFrozen
	case update:
		return merge.LockUpdate
	}
	return merge.LockKeep
}
