package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/merge/run"
	"github.com/loramerge/loramerge/merge/sweep"
)

// sweepWrite is whether a trial is written as a recipe, and which.
type sweepWrite struct {
	to    sweep.To
	trial int
}

func (w *sweepWrite) add(command *cobra.Command) {
	flags := command.Flags()
	flags.StringVar(&w.to.Path, "write", "", "a file beside the recipe, for a recipe with the best values written in; with its lock and scores")
	flags.IntVar(&w.trial, "trial", 0, "the trial to write, instead of the best where that is better than what you have")
	flags.BoolVar(&w.to.Force, "force", false, "write the best though it is not better than what you have, and over another file")
	for _, other := range []string{"rank", "dry-run"} {
		command.MarkFlagsMutuallyExclusive("write", other)
	}
}

// check refuses what can't be written before anything is measured.
func (w *sweepWrite) check(c *cobra.Command, path string, report bool) error {
	if c.Flags().Changed("trial") {
		w.to.Trial = &w.trial
	}
	switch {
	case w.to.Path != "":
		return w.to.Check(path)
	case w.to.Trial != nil || w.to.Force && !report:
		return usage(c.CommandPath(), fmt.Errorf("--trial and --force say what --write writes, which is missing"))
	}
	return nil
}

// write writes what was asked for, and says what it has written, or else what can be.
func (w *sweepWrite) write(c *cobra.Command, o *sweepOutput, path string, result *sweep.Result, options run.Options) error {
	told := !o.quiet && !o.json
	if w.to.Path == "" {
		if text := offer(result.Answer, path); text != "" && told {
			o.ui.printf("%s\n", text)
		}
		return nil
	}
	t, err := result.ToWrite(w.to)
	if err != nil {
		return err
	}
	done, err := result.Write(c.Context(), t, w.to, options)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("wrote %s with the values of trial %d (%s)", w.to.Path, t.Number, t.Values())
	if !done.Passed() {
		o.ui.logf("%s\n", text)
		return fmt.Errorf("%w: %s has no lock yet; `loramerge run %s` says more", errGates, w.to.Path, w.to.Path)
	}
	if told {
		o.ui.printf("\n%s, its lock and its scores; `loramerge run %s` merges\n", text, w.to.Path)
	}
	return nil
}

// offer says what can be done with an answer.
func offer(a *sweep.Answer, path string) string {
	switch {
	case a == nil || !a.Better:
		return ""
	case a.Pick == nil:
		return "Write one of them with `loramerge sweep --write best.yaml --trial N " + path + "`."
	}
	return "Write it with `loramerge sweep --write best.yaml " + path + "`."
}
