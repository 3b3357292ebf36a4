package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
	"github.com/loramerge/loramerge/merge/sweep"
)

func planCommand(ui *ui) *cobra.Command {
	var asJSON, dot, mermaid, digests bool
	var options run.Options
	var mode run.CacheMode
	vars := varsFlag{}
	memory := byteSize(run.DefaultMemory)
	command := &cobra.Command{
		Use:     "plan RECIPE",
		Short:   "check a recipe without reading weights, and show what a run would do",
		Example: "  loramerge plan recipes/ties.yaml\n  loramerge plan --dot recipes/ties.yaml | dot -Tsvg > ties.svg",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			p, err := plan.Load(args[0], plan.Options{Force: true, Vars: vars})
			if err != nil {
				return err
			}
			defer p.Close()
			options.Memory, options.CacheMode = int64(memory), mode
			if err := ui.drawOrSummarize(c.Context(), p, options, planForm{asJSON, dot, mermaid, digests}); err != nil {
				return err
			}
			return run.Fits(p, options)
		},
	}
	vars.add(command)
	command.Flags().BoolVar(&asJSON, "json", false, "print the plan as JSON")
	command.Flags().BoolVar(&dot, "dot", false, "draw the graph for Graphviz")
	command.Flags().BoolVar(&mermaid, "mermaid", false, "draw the graph for Mermaid, as Markdown shows it")
	command.Flags().BoolVar(&digests, "digests", false, "print the digest of every result; hashes inputs that have changed")
	command.Flags().BoolVar(&digests, "names", false, "")
	_ = command.Flags().MarkHidden("names") // as --digests used to be called
	addCacheMode(command, &mode, "the cache mode of the planned run: auto, all or off")
	addJobs(command, &options.Jobs, "modules at once, for the peak of memory")
	command.Flags().Var(&memory, "memory", "memory for the modules in progress, such as 512MB")
	command.MarkFlagsMutuallyExclusive("json", "dot", "mermaid")
	return command
}

// planForm is how a plan is shown.
type planForm struct{ json, dot, mermaid, digests bool }

func (u *ui) drawOrSummarize(ctx context.Context, p *plan.Plan, options run.Options, form planForm) error {
	switch {
	case form.dot:
		u.print(p.DOT())
		return nil
	case form.mermaid:
		u.print(p.Mermaid())
		return nil
	}
	summary, err := summarize(ctx, p, options, form.digests)
	if err == nil {
		summary.Sweep, err = sweepOf(p)
	}
	switch {
	case err != nil:
		return err
	case form.json:
		return u.json(summary)
	case form.digests:
		u.digests(summary)
	default:
		u.warnings(p.Warnings)
		u.plan(p, summary)
	}
	return nil
}

// summarize adds to the plan what the cache holds of it, and its digests if they are
// wanted. A cache that can't be used holds nothing: the run will say so.
func summarize(ctx context.Context, p *plan.Plan, options run.Options, digests bool) (plan.Summary, error) {
	_ = openStore(&options, options.CacheMode)
	summary := run.Summary(p, options)
	summary.AddCache(run.Cached(ctx, p, options))
	summary.Commands = run.Commands(ctx, p, options)
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
