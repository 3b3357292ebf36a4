package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/internal/overwrite"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
)

func runCommand(ui *ui) *cobra.Command {
	f := runFlags{vars: varsFlag{}, memory: byteSize(run.DefaultMemory), cacheSize: byteSize(run.DefaultCacheSize)}
	command := &cobra.Command{
		Use:   "run RECIPE…",
		Short: "run recipes, one after another",
		Long: `Runs a recipe, or several one after another. All are planned before the first one begins. If one fails, the
others run nevertheless, and the exit code is the worst: 1 is worse than 2, and 2 than 3.

- stands for a recipe on standard input: its paths are relative to the current folder, and it has no lock.`,
		Example: "  loramerge run recipes/ties.yaml\n  loramerge run --memory 512MB --jobs 4 merge.yaml\n  loramerge run first.yaml second.yaml",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := f.check(args); err != nil {
				return usage(c.CommandPath(), err)
			}
			plans, err := ui.loadAll(c, args, plan.Options{Force: f.force, Vars: f.vars, Find: ui.hub.Pinned(!f.update)})
			if err != nil {
				return err
			}
			defer closeAll(plans)
			return ui.each(c, plans, f.output.plain(), func(p *plan.Plan) error {
				one := f
				return one.begin(c, ui, p, plans)
			})
		},
	}
	f.add(command)
	return command
}

// check refuses flags that several recipes, or one without a file, can't have.
func (f *runFlags) check(recipes []string) error {
	if len(recipes) > 1 && f.output.page != "" {
		return errors.New("--report draws one recipe's page: name one recipe, or run `loramerge report` for each output")
	}
	if !slices.Contains(recipes, dash) {
		return nil
	}
	for _, flag := range []struct {
		name string
		set  bool
	}{{"locked", f.locked}, {"update-lock", f.update}, {"baseline", f.baseline != ""}} {
		if flag.set {
			return fmt.Errorf("a recipe on standard input has no lock for --%s", flag.name)
		}
	}
	return nil
}

// begin runs one of several plans, or shows it.
func (f *runFlags) begin(c *cobra.Command, ui *ui, p *plan.Plan, all []*plan.Plan) error {
	f.stdin = ofStdin(p)
	f.output.rule = overwrite.Rule{Force: f.force}
	for _, other := range all {
		f.output.rule.Kept = append(f.output.rule.Kept, other.Kept()...)
	}
	if err := f.output.begin(c, ui, p, f.options()); err != nil {
		return err
	}
	defer f.output.end()
	if f.dryRun {
		return f.show(c, ui, p)
	}
	return f.run(c, ui, p)
}

// runFlags are what `run` can be told.
type runFlags struct {
	dryRun, force, locked, update bool
	allow, unscored, anew         bool
	baseline                      string
	jobs                          int
	memory, cacheSize             byteSize
	measure                       run.Measure
	mode                          run.CacheMode
	vars                          varsFlag
	output                        runOutput
	stdin                         bool // the recipe comes from there
}

func (f *runFlags) add(command *cobra.Command) {
	f.vars.add(command)
	flags := command.Flags()
	flags.BoolVar(&f.dryRun, "dry-run", false, "plan, print the plan, and stop")
	flags.BoolVar(&f.force, "force", false, "replace files that loramerge did not make, and put outputs in place that miss a gate")
	addJobs(command, &f.jobs, "modules to work on at once (default: one per processor)")
	flags.Var(&f.memory, "memory", "memory for the modules in progress, such as 512MB")
	addMeasure(command, &f.measure)
	addCacheMode(command, &f.mode, "which intermediate values to keep for later runs: auto, all or off")
	flags.Var(&f.cacheSize, "cache-size", "the most that the cache may hold, such as 10GB")
	flags.StringVar(&f.output.page, "report", "", "also write the report to this HTML file")
	flags.BoolVar(&f.locked, "locked", false, "refuse to run if the lock would change; for CI")
	flags.BoolVar(&f.update, "update-lock", false, "renew the lock and say what changed")
	flags.BoolVar(&f.allow, "allow-exec", false, "start the commands that the recipe's evaluations name")
	flags.BoolVar(&f.unscored, "no-evaluate", false, "merge without scores, and check no gate")
	flags.BoolVar(&f.anew, "reevaluate", false, "measure scores anew that are known")
	flags.StringVar(&f.baseline, "baseline", "", "the git revision whose scores gates `against: locked` compare with")
	command.MarkFlagsMutuallyExclusive("locked", "update-lock")
	command.MarkFlagsMutuallyExclusive("no-evaluate", "reevaluate", "locked")
	command.MarkFlagsMutuallyExclusive("no-evaluate", "baseline")
	f.output.add(command)
}

func (f *runFlags) options() run.Options {
	return run.Options{
		Jobs: f.jobs, Memory: int64(f.memory), Version: version(), Measure: f.measure,
		Lock: f.lockMode(), CacheSize: int64(f.cacheSize), CacheMode: f.mode,
		AllowExec: f.allow, NoEvaluate: f.unscored, Reevaluate: f.anew,
	}
}

func (f *runFlags) lockMode() run.LockMode {
	switch {
	case f.stdin:
		return run.LockIgnore
	case f.locked:
		return run.LockFrozen
	case f.update:
		return run.LockUpdate
	}
	return run.LockKeep
}

// show prints the plan instead of running it.
func (f *runFlags) show(c *cobra.Command, ui *ui, p *plan.Plan) error {
	options := f.options()
	summary, err := ui.summarize(c.Context(), p, options, false)
	if err != nil {
		return err
	}
	ui.plan(p, summary, f.output.verbose)
	return run.Fits(p, options)
}

func (f *runFlags) run(c *cobra.Command, ui *ui, p *plan.Plan) (err error) {
	options := f.options()
	defer holdTo(p, options)()
	ui.store(&options, options.CacheMode)
	options.Clock, options.Rates, options.Progress, options.Scoring = monotonic(), ui.readRates(), f.output.progress, f.output.scoring
	if !options.AllowExec {
		if options.AllowExec, options.Changed, err = allowed(c.Context(), p, options.Filled().Hashes); err != nil {
			return err
		}
	}
	if f.baseline != "" {
		if options.Baseline, err = lockedAt(c.Context(), f.baseline, p.Recipe.File); err != nil {
			return err
		}
	}
	result, err := run.Run(c.Context(), p, options)
	if err == nil {
		ui.keepRates(result.Rates)
	}
	if err := f.output.finish(result, err); err != nil {
		return err
	}
	if f.output.page != "" && len(result.HeldBack) == 0 {
		if err := f.output.reportRun(c.Context(), p, options, result); err != nil {
			return err
		}
	}
	if !result.Passed() {
		return fmt.Errorf("%w: %s", errGates, unpassed(result))
	}
	return nil
}
