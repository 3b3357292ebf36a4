package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/merge/plan"
)

// each does something for each plan, in their order. If it fails for one of several, the error is printed
// at once and the others have their turn nevertheless, unless the command was interrupted; the worst exit
// code remains.
func (u *ui) each(c *cobra.Command, plans []*plan.Plan, headed bool, do func(*plan.Plan) error) error {
	if len(plans) == 1 {
		return do(plans[0])
	}
	worst := exited(0)
	for i, p := range plans {
		if headed {
			u.heading(p.Recipe.File, i == 0)
		}
		err := do(p)
		if c.Context().Err() != nil {
			return err
		}
		if err == nil {
			continue
		}
		u.failure(err)
		if code := exited(exitCode(err)); worst == 0 || code < worst { // a failed run is the worst, and what would change the least
			worst = code
		}
	}
	if worst == 0 {
		return nil
	}
	return worst
}

// exited ends a command with an exit code, whose errors were printed already.
type exited int

func (exited) Error() string { return "errors were reported" }

// errReported is that of mistakes in recipes, inputs or the command line.
const errReported = exited(2)

// errChanges is that of a plan after which a run would do something.
const errChanges = exited(4)

// isReported reports whether an error was printed already.
func isReported(err error) (code int, ok bool) {
	r, ok := errors.AsType[exited](err)
	return int(r), ok
}
