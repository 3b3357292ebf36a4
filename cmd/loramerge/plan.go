package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/merge"
)

func planCommand(ui *ui) *cobra.Command {
	var asJSON, dot, mermaid, names bool
	var options merge.RunOptions
	var mode cacheFlag
	vars := varsFlag{}
	memory := byteSize(merge.DefaultMemory)
	command := &cobra.Command{
		Use:     "plan RECIPE",
		Short:   "check a recipe on headers and show what a run would do",
		Example: "  loramerge plan recipes/ties.yaml\n  loramerge plan --dot recipes/ties.yaml | dot -Tsvg > ties.svg",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			plan, err := merge.Load(args[0], merge.PlanOptions{Force: true, Vars: vars})
			if err != nil {
				return err
			}
			defer plan.Close()
			options.Memory, options.CacheMode = int64(memory), merge.CacheMode(mode)
			if err := ui.drawOrSummarize(c.Context(), plan, options, planForm{asJSON, dot, mermaid, names}); err != nil {
				return err
			}
			return plan.Fits(options)
		},
	}
	vars.add(command)
	command.Flags().BoolVar(&asJSON, "json", false, "print the plan as JSON")
	command.Flags().BoolVar(&dot, "dot", false, "draw the graph for Graphviz")
	command.Flags().BoolVar(&mermaid, "mermaid", false, "draw the graph for Mermaid, as Markdown shows it")
	command.Flags().BoolVar(&names, "names", false, "print the names of all results, for which changed inputs are hashed")
	command.Flags().Var(&mode, "cache", "the mode of the run that is planned: auto, all or off")
	addJobs(command, &options.Jobs, "modules at once, for the peak of memory")
	command.Flags().Var(&memory, "memory", "memory for the modules under way, such as 512MB")
	command.MarkFlagsMutuallyExclusive("json", "dot", "mermaid")
	return command
}

// planForm is how a plan is shown.
type planForm struct{ json, dot, mermaid, names bool }

func (u *ui) drawOrSummarize(ctx context.Context, plan *merge.Plan, options merge.RunOptions, form planForm) error {
	switch {
	case form.dot:
		u.print(plan.DOT())
		return nil
	case form.mermaid:
		u.print(plan.Mermaid())
		return nil
	}
	summary, err := summarize(ctx, plan, options, form.names)
	switch {
	case err != nil:
		return err
	case form.json:
		return u.json(summary)
	case form.names:
		u.names(summary)
	default:
		u.warnings(plan.Warnings)
		u.plan(plan, summary)
	}
	return nil
}

// summarize adds to the plan what the cache holds of it, and its names if they are
// wanted. A cache that can't be used holds nothing: the run will say so.
func summarize(ctx context.Context, plan *merge.Plan, options merge.RunOptions, names bool) (merge.Summary, error) {
	_ = openStore(&options, options.CacheMode)
	summary := plan.Summary(options)
	summary.AddCache(plan.Cached(ctx, options))
	if names {
		all, err := planNames(ctx, plan, options)
		if err != nil {
			return summary, err
		}
		summary.AddNames(all)
	}
	return summary, nil
}

func planNames(ctx context.Context, plan *merge.Plan, options merge.RunOptions) (merge.Names, error) {
	inputs, err := plan.Inputs(ctx, options.Hashes, hashingJobs)
	if err != nil {
		return merge.Names{}, err
	}
	return plan.Names(inputs), nil
}

// hashingJobs is how many files are hashed side by side.
const hashingJobs = 4
