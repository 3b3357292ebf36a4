package main

import (
	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
	"github.com/loramerge/loramerge/merge/sweep"
)

func sweepCommand(ui *ui) *cobra.Command {
	f := sweepFlags{vars: varsFlag{}, memory: byteSize(run.DefaultMemory), cacheSize: byteSize(run.DefaultCacheSize)}
	command := &cobra.Command{
		Use:   "sweep RECIPE",
		Short: "search for the best values of a recipe's variables",
		Long: `Runs a recipe with many values of its variables, as its sweep says, and scores each result on the documents
of select. Trials that were measured already are not measured again: what is known is kept in a folder
beside the recipe, so that a sweep that was interrupted goes on where it stopped. The best trial and
the recipe as it stands are then scored on the documents of test, which no trial has seen: only that
says whether it is better.

Like run, it starts the recipe's commands only with --allow-exec, or after loramerge allow RECIPE.`,
		Example: "  loramerge sweep --allow-exec merge.yaml\n  loramerge sweep --dry-run merge.yaml\n  loramerge sweep --rank 3/8 merge.yaml\n  loramerge sweep --write best.yaml merge.yaml\n  loramerge sweep --on slurm --workers 8 merge.yaml -- --gres=gpu:1 --time=2:00:00",
		Args:    recipeThenSite,
		RunE: func(c *cobra.Command, args []string) error {
			if err := f.check(c, args[0], args[1:]); err != nil {
				return err
			}
			switch f.cluster.on {
			case onSlurm:
				return f.onSlurm(c, ui, args[0], args[1:])
			case onKubernetes:
				return f.onKubernetes(c, ui, args[0])
			default:
				return f.here(c, ui, args[0])
			}
		},
	}
	f.add(command)
	return command
}

// sweepFlags are what `sweep` can be told.
type sweepFlags struct {
	vars              varsFlag
	jobs              int
	memory, cacheSize byteSize
	allow             bool
	folder            string
	rank              rankFlag
	again, dryRun     bool
	leave             bool // to start commands, by the flag or as the user has allowed
	elsewhere         bool // commands are started on other machines, and not by this process
	cluster           clusterFlags
	write             sweepWrite
	report            sweepReport
	output            sweepOutput
}

func (f *sweepFlags) add(command *cobra.Command) {
	f.vars.add(command)
	flags := command.Flags()
	flags.BoolVar(&f.dryRun, "dry-run", false, "plan the trials, say which are measured already, and stop")
	addJobs(command, &f.jobs, "modules to work on at once, in all trials together (default: one per processor)")
	flags.Var(&f.memory, "memory", "memory for the modules in progress, in all trials together, such as 512MB")
	flags.Var(&f.cacheSize, "cache-size", "the most that the cache may hold, such as 10GB")
	flags.BoolVar(&f.allow, "allow-exec", false, "start the commands that the recipe's evaluation names")
	flags.StringVar(&f.folder, "folder", "", "the folder for what is measured (default: RECIPE.sweep beside the recipe)")
	flags.Var(&f.rank, "rank", "measure a share of the trials: i/N, with i from 0, or /N with i from Slurm's, Kubernetes' or SkyPilot's environment")
	flags.BoolVar(&f.again, "retry-failed", false, "measure trials again that have failed")
	f.cluster.add(command)
	f.write.add(command)
	f.report.add(command)
	f.output.add(command)
}

// check refuses what can't be done before anything is measured.
func (f *sweepFlags) check(c *cobra.Command, path string, site []string) error {
	if err := f.cluster.check(c, site); err != nil {
		return err
	}
	return f.write.check(c, path, f.report.page != "")
}

// here runs the sweep in this process.
func (f *sweepFlags) here(c *cobra.Command, ui *ui, path string) error {
	f.output.begin(ui)
	options := f.options(c, ui, f.output.planned)
	options.Told = f.output.told
	result, err := sweep.Run(c.Context(), path, options)
	if err := f.output.finish(result, err); err != nil {
		return err
	}
	if err := f.report.write(c, path, result); err != nil {
		return err
	}
	options.Run.AllowExec = f.leave
	return f.write.write(c, &f.output, path, result, options.Run)
}

// options are those of a sweep, whose plan is shown before anything begins.
func (f *sweepFlags) options(c *cobra.Command, ui *ui, planned func(*plan.Plan)) sweep.Options {
	options := sweep.Options{Vars: f.vars, Folder: f.folder, Rank: f.rank.rank, Ranks: f.rank.ranks, RetryFailed: f.again, DryRun: f.dryRun}
	options.Run = run.Options{Jobs: f.jobs, Memory: int64(f.memory), Version: version(), CacheSize: int64(f.cacheSize), AllowExec: f.allow, Clock: monotonic(), Find: ui.hub.Find}
	ui.store(&options.Run, run.CacheAuto)
	options.Planned = func(p *plan.Plan, o *run.Options) (err error) {
		holdTo(p, *o)
		planned(p)
		if err := f.write.to.CheckPlan(p); err != nil {
			return err
		}
		if err := f.report.check(c, p, f.write.to); err != nil {
			return err
		}
		if !o.AllowExec {
			o.AllowExec, o.Changed, err = allowed(c.Context(), p, o.Filled().Hashes)
		}
		o.AllowExec = o.AllowExec && !f.elsewhere
		f.leave = o.AllowExec
		return err
	}
	return options
}
