package main

import (
	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/merge"
)

func runCommand(ui *ui) *cobra.Command {
	var dryRun, force, locked, update bool
	var how manner
	var page, target string
	var options merge.RunOptions
	vars := varsFlag{}
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
			plan, err := merge.Load(args[0], merge.PlanOptions{Force: force, Vars: vars})
			if err != nil {
				return err
			}
			defer plan.Close()
			if err := how.begin(ui, plan); err != nil {
				return err
			}
			defer how.end()
			options.Memory, options.Version, options.Measure = int64(memory), version(), merge.Measure(measure)
			options.Lock, options.CacheSize, options.CacheMode = lockMode(locked, update), int64(cacheSize), merge.CacheMode(mode)
			if dryRun {
				summary, err := summarize(c.Context(), plan, options, merge.CacheMode(mode), false)
				if err != nil {
					return err
				}
				ui.plan(plan, summary)
				return plan.Fits(options)
			}
			if err := holdTo(plan, options); err != nil {
				return err
			}
			if page != "" {
				if target, err = onlyTarget(plan); err != nil {
					return err
				}
			}
			ui.store(&options, merge.CacheMode(mode))
			options.Clock, options.Progress = monotonic(), how.progress
			result, err := plan.Run(c.Context(), options)
			if err := how.finish(result, err); err != nil || page == "" {
				return err
			}
			return reportRun(c.Context(), args[0], target, page, merge.ReportOptions{RunOptions: options, Ran: result.Stages})
		},
	}
	vars.add(command)
	command.Flags().BoolVar(&dryRun, "dry-run", false, "plan, print the plan, and stop")
	command.Flags().BoolVar(&force, "force", false, "replace a folder that loramerge did not make")
	command.Flags().IntVarP(&options.Jobs, "jobs", "j", 0, "modules to work on at once (default: one a processor)")
	command.Flags().Var(&memory, "memory", "memory for the modules under way, such as 512MB")
	command.Flags().Var(&measure, "measure", "what to find out about losses: cheap, all or none")
	command.Flags().Var(&mode, "cache", "which intermediate values to keep for later runs: auto, all or off")
	command.Flags().Var(&cacheSize, "cache-size", "what the cache may hold, such as 10GB")
	command.Flags().StringVar(&page, "report", "", "also write the page of loramerge report to this HTML file")
	command.Flags().BoolVar(&locked, "locked", false, "refuse to run where the lock would change, as CI does")
	command.Flags().BoolVar(&update, "update-lock", false, "renew the lock and say what changed")
	command.MarkFlagsMutuallyExclusive("locked", "update-lock")
	how.add(command)
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
