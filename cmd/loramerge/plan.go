package main

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
	"github.com/loramerge/loramerge/merge/sweep"
)

func planCommand(ui *ui) *cobra.Command {
	var form planForm
	var changes bool
	var options run.Options
	var mode run.CacheMode
	vars := varsFlag{}
	memory := byteSize(run.DefaultMemory)
	command := &cobra.Command{
		Use:     "plan RECIPE…",
		Short:   "check recipes by headers alone, and show what a run would do",
		Long:    "Shows what `loramerge run` would do with the same recipes. - stands for a recipe on standard input.",
		Example: "  loramerge plan recipes/ties.yaml\n  loramerge plan --dot recipes/ties.yaml | dot -Tsvg > ties.svg",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			collectAt(garbageWhilePlanning)
			plans, err := ui.loadAll(c, args, plan.Options{Force: true, Vars: vars})
			if err != nil {
				return err
			}
			defer closeAll(plans)
			return ui.each(c, plans, form.plain(), func(p *plan.Plan) error {
				options := options
				options.Memory, options.CacheMode = int64(memory), mode
				if ofStdin(p) {
					options.Lock = run.LockIgnore
				}
				summary, err := ui.drawOrSummarize(c.Context(), p, options, form)
				if err != nil {
					return err
				}
				if err := run.Fits(p, options); err != nil || !changes || !wouldDo(summary) {
					return err
				}
				return errChanges
			})
		},
	}
	vars.add(command)
	command.Flags().BoolVar(&form.json, "json", false, "print the plan as JSON")
	command.Flags().BoolVar(&form.dot, "dot", false, "draw the graph for Graphviz")
	command.Flags().BoolVar(&form.mermaid, "mermaid", false, "draw the graph for Mermaid, as Markdown shows it")
	command.Flags().BoolVar(&form.digests, "digests", false, "print the digest of every result; hashes inputs that have changed")
	command.Flags().BoolVar(&form.digests, "names", false, "")
	_ = command.Flags().MarkHidden("names") // as --digests used to be called
	command.Flags().BoolVar(&changes, "detailed-exitcode", false, "exit with 4 if a run would do something, and with 0 if all is up to date")
	command.Flags().BoolVarP(&form.verbose, "verbose", "v", false, "show all columns, and paths and hashes in full")
	addCacheMode(command, &mode, "the cache mode of the planned run: auto, all or off")
	addJobs(command, &options.Jobs, "modules at once, for the peak of memory")
	command.Flags().Var(&memory, "memory", "memory for the modules in progress, such as 512MB")
	command.MarkFlagsMutuallyExclusive("json", "dot", "mermaid")
	command.MarkFlagsMutuallyExclusive("detailed-exitcode", "dot")
	command.MarkFlagsMutuallyExclusive("detailed-exitcode", "mermaid")
	return command
}

// planForm is how a plan is shown.
type planForm struct{ json, dot, mermaid, digests, verbose bool }

// plain reports whether people read it.
func (f planForm) plain() bool { return !f.json && !f.dot && !f.mermaid }

func (u *ui) drawOrSummarize(ctx context.Context, p *plan.Plan, options run.Options, form planForm) (plan.Summary, error) {
	switch {
	case form.dot:
		u.print(p.DOT())
		return plan.Summary{}, nil
	case form.mermaid:
		u.print(p.Mermaid())
		return plan.Summary{}, nil
	}
	summary, err := u.summarize(ctx, p, options, form.digests)
	if err == nil {
		summary.Sweep, err = sweepOf(p)
	}
	switch {
	case err != nil:
		return summary, err
	case form.json:
		return summary, u.json(summary)
	case form.digests:
		u.digests(summary)
	default:
		u.warnings(p.Warnings)
		u.plan(p, summary, form.verbose)
	}
	return summary, nil
}

// wouldDo reports whether a run would do anything: make outputs, renew the lock, or measure scores.
func wouldDo(s plan.Summary) bool {
	return !s.Outcomes.UpToDate || slices.ContainsFunc(s.Commands, func(c plan.Command) bool { return c.Known == nil || *c.Known < c.Scores })
}

// summarize adds to the plan what a run would do: what the cache holds of it, which outputs it
// would change, and its digests if they are wanted. A cache that can't be used holds nothing: the
// run will say so.
func (u *ui) summarize(ctx context.Context, p *plan.Plan, options run.Options, digests bool) (plan.Summary, error) {
	_ = u.openStore(&options, options.CacheMode)
	options.Rates = u.readRates()
	summary := run.Foresee(ctx, p, options)
	summary.Commands = run.Commands(ctx, p, options)
	outcomes, err := run.Outcomes(ctx, p, options)
	if err != nil {
		return summary, err
	}
	summary.Outcomes = &outcomes
	if digests {
		all, err := planDigests(ctx, p, options)
		if err != nil {
			return summary, err
		}
		summary.AddDigests(all)
	}
	return summary, nil
}

// sweepOf is what a recipe's sweep would try; nil for a recipe without one.
func sweepOf(p *plan.Plan) (*plan.SweepSummary, error) {
	if p.Recipe.Sweep == nil {
		return nil, nil
	}
	spec, err := sweep.Check(p)
	if err != nil {
		return nil, err
	}
	out := &plan.SweepSummary{Search: spec.Search, Trials: spec.Trials()}
	for _, axis := range spec.Axes {
		out.Axes = append(out.Axes, axis.Name)
	}
	for _, goal := range spec.Goals {
		out.Goals = append(out.Goals, goal.String())
	}
	return out, nil
}

func planDigests(ctx context.Context, p *plan.Plan, options run.Options) (plan.Digests, error) {
	inputs, err := p.Inputs(ctx, options.Hashes, hashingJobs)
	if err != nil {
		return plan.Digests{}, err
	}
	return p.Digests(inputs), nil
}

// hashingJobs is how many files are hashed at once.
const hashingJobs = 4
