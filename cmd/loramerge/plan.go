package main

import (
	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/merge"
)

func planCommand(ui *ui) *cobra.Command {
	var asJSON, dot, mermaid bool
	var jobs int
	memory := byteSize(merge.DefaultMemory)
	command := &cobra.Command{
		Use:     "plan RECIPE",
		Short:   "check a recipe on headers and show what a run would do",
		Example: "  loramerge plan recipes/ties.yaml\n  loramerge plan --dot recipes/ties.yaml | dot -Tsvg > ties.svg",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			plan, err := merge.Load(args[0], merge.PlanOptions{Force: true})
			if err != nil {
				return err
			}
			defer plan.Close()
			switch {
			case asJSON:
				return ui.json(plan.Summary(jobs, int64(memory)))
			case dot:
				ui.print(plan.DOT())
			case mermaid:
				ui.print(plan.Mermaid())
			default:
				ui.warnings(plan.Warnings)
				ui.plan(plan, int64(memory), jobs)
			}
			return nil
		},
	}
	command.Flags().BoolVar(&asJSON, "json", false, "print the plan as JSON")
	command.Flags().BoolVar(&dot, "dot", false, "draw the graph for Graphviz")
	command.Flags().BoolVar(&mermaid, "mermaid", false, "draw the graph for Mermaid, as Markdown shows it")
	command.Flags().IntVarP(&jobs, "jobs", "j", 0, "modules at once, for the peak of memory")
	command.Flags().Var(&memory, "memory", "memory for the modules under way, such as 512MB")
	command.MarkFlagsMutuallyExclusive("json", "dot", "mermaid")
	return command
}
