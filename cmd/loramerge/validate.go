package main

import (
	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/internal/osfile"
	"github.com/loramerge/loramerge/merge/evaluate"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/recipe"
)

func validateCommand(ui *ui) *cobra.Command {
	vars := varsFlag{}
	command := &cobra.Command{
		Use:   "validate RECIPE…",
		Short: "check recipes and locks, as in a pre-commit hook",
		Long: `Checks recipes against the headers of their adapters, and reports every mistake at once. Lock files are
recognized by their contents and checked too, with the scores beside them. So a pattern such as
recipes/*.yaml may include them.`,
		Example: "  loramerge validate recipes/*.yaml",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			wrong := false
			for _, path := range args {
				if err := ui.validate(path, vars); err != nil {
					ui.failure(err)
					wrong = true
				}
			}
			if wrong {
				return errReported
			}
			return nil
		},
	}
	vars.add(command)
	return command
}

func (u *ui) validate(path string, vars map[string]string) error {
	if source, err := osfile.ReadUpTo(path, recipe.SizeLimit); err == nil && plan.IsLock(source) {
		if _, err := evaluate.ReadLocked(path); err != nil {
			return err
		}
		u.printf("%s: ok, a lock\n", path)
		return nil
	}
	p, err := plan.Load(path, plan.Options{Force: true, Vars: vars})
	if err != nil {
		return err
	}
	defer p.Close()
	if _, err := sweepOf(p); err != nil {
		return err
	}
	u.warnings(p.Warnings)
	u.printf("%s: ok\n", path)
	return nil
}
