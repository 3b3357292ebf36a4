package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/sweep"
)

// sweepOutput is how a sweep is told: to people, quietly, and as events for programs.
type sweepOutput struct {
	recipe      string // the file, from the moment when it is planned
	quiet, json bool
	ui          *ui
	live        *liveSweep
}

func (o *sweepOutput) add(command *cobra.Command) {
	command.Flags().BoolVarP(&o.quiet, "quiet", "q", false, "print errors only")
	command.Flags().BoolVar(&o.json, "json", false, "print events as JSON, one per line; the last is the result")
	command.MarkFlagsMutuallyExclusive("quiet", "json")
}

func (o *sweepOutput) begin(ui *ui) { o.ui, o.live = ui, ui.liveSweep() }

// planned tells what is doubtful about the recipe as it stands.
func (o *sweepOutput) planned(p *plan.Plan) {
	o.recipe = p.Recipe.File
	o.live.goals, o.live.rungs = p.Recipe.Sweep.Goals, p.Recipe.Sweep.Halving != nil
	if !o.quiet && !o.json {
		o.ui.warnings(p.Warnings)
	}
}

// told tells how far the sweep has come.
func (o *sweepOutput) told(e sweep.Event) {
	switch {
	case o.json && !e.Begins:
		_ = o.ui.event(o.recipe, "progress", e) // what can't be written is found at the end
	case !o.json && !o.quiet:
		o.live.update(e)
	}
}

// finish tells how the sweep ended and passes its error on.
func (o *sweepOutput) finish(result *sweep.Result, err error) error {
	o.live.finish()
	if err != nil && !errors.Is(err, sweep.ErrFailed) {
		return err
	}
	for _, warning := range result.Warnings {
		o.ui.warn(warning)
	}
	switch {
	case o.json:
		if failed := o.ui.event(o.recipe, "result", result); failed != nil {
			return failed
		}
	case !o.quiet:
		o.ui.swept(result)
	}
	return err
}
