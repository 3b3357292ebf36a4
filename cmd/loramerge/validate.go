package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/osfile"
	"github.com/loramerge/loramerge/merge/evaluate"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/sweep"
	"github.com/loramerge/loramerge/recipe"
)

func validateCommand(ui *ui) *cobra.Command {
	vars, asJSON := varsFlag{}, false
	command := &cobra.Command{
		Use:   "validate RECIPE…",
		Short: "check recipes and locks, as in a pre-commit hook",
		Long: `Checks recipes against the headers of their adapters, and reports every mistake at once. Of a recipe with a
sweep, the trials that it begins with are planned too. Lock files are recognized by their contents and
checked too, with the scores beside them. So a pattern such as recipes/*.yaml may include them.
- stands for a recipe on standard input.`,
		Example: "  loramerge validate recipes/*.yaml",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			collectAt(garbageWhilePlanning)
			all, wrong := []validated{}, false
			for _, path := range args {
				v := ui.validate(c, path, vars)
				if all, wrong = append(all, v), wrong || v.err != nil; !asJSON {
					ui.validated(v)
				}
			}
			if asJSON {
				if err := ui.json(all); err != nil {
					return err
				}
			}
			if wrong {
				return errReported
			}
			return nil
		},
	}
	vars.add(command)
	command.Flags().BoolVar(&asJSON, "json", false, "print what is wrong with each file as JSON")
	return command
}

// validated is what is wrong with a file.
type validated struct {
	File     string         `json:"file"`
	Kind     string         `json:"kind"` // recipe or lock
	OK       bool           `json:"ok"`
	Errors   []*fault.Fault `json:"errors"`
	Warnings []*fault.Fault `json:"warnings"`
	err      error
}

const (
	aRecipe = "recipe"
	aLock   = "lock"
)

func (u *ui) validate(c *cobra.Command, path string, vars map[string]string) validated {
	v := validated{File: path, Kind: aRecipe, Errors: []*fault.Fault{}, Warnings: []*fault.Fault{}}
	if source, err := osfile.ReadUpTo(path, recipe.SizeLimit); err == nil && path != dash && plan.IsLock(source) {
		v.Kind = aLock
		_, v.err = evaluate.ReadLocked(path)
	} else {
		v.Warnings, v.err = u.validateRecipe(c, path, vars)
	}
	for _, err := range fault.List(v.err) {
		v.Errors = append(v.Errors, flat(err))
	}
	v.OK = v.err == nil
	return v
}

// validateRecipe plans a recipe and, of a sweep, the trials that it begins with.
func (u *ui) validateRecipe(c *cobra.Command, path string, vars map[string]string) (warnings []*fault.Fault, err error) {
	p, source, err := u.loadText(c, path, plan.Options{Force: true, Vars: vars})
	if err != nil {
		return []*fault.Fault{}, err
	}
	defer p.Close()
	if p.Recipe.Sweep != nil {
		err = sweep.CheckTrials(c.Context(), p, source, vars)
	}
	return append([]*fault.Fault{}, p.Warnings...), err
}

// flat is an error as one Fault whose text says why.
func flat(err error) *fault.Fault {
	f, ok := errors.AsType[*fault.Fault](err)
	if !ok {
		return fault.New("%s", err)
	}
	return &fault.Fault{Position: f.Position, Text: f.Message(), Remedy: f.Remedy, Page: f.Page, Output: f.Output}
}

// validated tells people.
func (u *ui) validated(v validated) {
	u.failure(v.err)
	u.warnings(v.Warnings)
	switch {
	case v.OK && v.Kind == aLock:
		u.printf("%s: ok, a lock\n", v.File)
	case v.OK:
		u.printf("%s: ok\n", v.File)
	}
}
