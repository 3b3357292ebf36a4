package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/merge/evaluate/command"
	"github.com/loramerge/loramerge/merge/plan"
)

func allowCommand(ui *ui) *cobra.Command {
	vars, yes, revoke := varsFlag{}, false, false
	c := &cobra.Command{
		Use:   "allow [RECIPE]",
		Short: "allow a recipe to run the commands of its evaluators",
		Long: `Shows the commands by which a recipe scores its adapters, and the files that they read or execute, and asks
whether a run may start them. The answer is recorded for this user, this recipe, and the content of the
commands and files: when one of these changes, a run asks for leave again. List in inputs what a command
executes, so that a change of it is noticed.

Without a recipe, the recipes that are allowed are listed.`,
		Example: "  loramerge allow merge.yaml\n  loramerge allow --revoke merge.yaml",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			leave, err := userLeave()
			switch {
			case err != nil:
				return err
			case len(args) == 0 && (yes || revoke):
				return usage(c.CommandPath(), fmt.Errorf("no recipe is named"))
			case len(args) == 0:
				return ui.allowed(leave)
			case revoke:
				return ui.revoke(leave, args[0])
			}
			return ui.allow(c, leave, args[0], vars, yes)
		},
	}
	vars.add(c)
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	c.Flags().BoolVar(&revoke, "revoke", false, "take the leave away")
	c.MarkFlagsMutuallyExclusive("yes", "revoke")
	return c
}

// userLeave is this user's record.
func userLeave() (command.Leave, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return command.Leave{}, fmt.Errorf("there is no folder for what is allowed: %w", err)
	}
	return command.LeaveIn(filepath.Join(dir, "loramerge", "allowed")), nil
}

func (u *ui) allowed(leave command.Leave) error {
	all, err := leave.List()
	for _, a := range all {
		u.printf("%s\n", a.Recipe)
	}
	if err == nil && len(all) == 0 {
		u.logf("no recipe is allowed to run commands\n")
	}
	return err
}

func (u *ui) revoke(leave command.Leave, recipe string) error {
	had, err := leave.Revoke(recipe)
	if err == nil && had {
		u.logf("%s may run its commands no more\n", recipe)
	} else if err == nil {
		u.logf("%s was not allowed to run commands\n", recipe)
	}
	return err
}

func (u *ui) allow(c *cobra.Command, leave command.Leave, recipe string, vars varsFlag, yes bool) error {
	p, err := plan.Load(recipe, plan.Options{Force: true, Vars: vars, Find: u.hub.Find})
	if err != nil {
		return err
	}
	defer p.Close()
	commands, dir := p.Commands(), filepath.Dir(recipe)
	if len(commands) == 0 {
		return fault.In(recipe, "has no commands that could be allowed").Mend("an `evaluate` stage has some; other stages run without leave")
	}
	execution, err := command.Execution(c.Context(), commands, dir, plan.FreshHashes{})
	if err != nil {
		return err
	}
	u.commands(recipe, dir, commands)
	given, changed, err := leave.Has(recipe, execution)
	switch {
	case err != nil:
		return err
	case given:
		u.logf("this is allowed already\n")
		return nil
	case changed:
		u.logf("\nSomething was allowed before; a command or a file has changed since.\n")
	}
	if !yes {
		if yes, err = u.agreed(c.InOrStdin()); err != nil {
			return err
		}
	}
	if !yes {
		u.logf("nothing was allowed\n")
		return errReported
	}
	if err := leave.Give(recipe, execution); err != nil {
		return err
	}
	u.logf("allowed\n")
	return nil
}

// agreed asks whoever is at the terminal.
func (u *ui) agreed(in io.Reader) (bool, error) {
	if file, ok := in.(*os.File); !ok || !term.IsTerminal(int(file.Fd())) {
		return false, fault.New("there is nobody at a terminal to ask").Mend("add `--yes` if you have read the commands")
	}
	u.logf("Allow this, until a command or a file changes? [y/N] ")
	answer, err := bufio.NewReader(in).ReadString('\n')
	if err == io.EOF {
		err = nil
	}
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes", err
}

// allowed reports whether the user has given a recipe leave for what its commands would execute now, and
// whether it was for something else.
func allowed(ctx context.Context, p *plan.Plan, files command.Hasher) (given, changed bool, err error) {
	commands := p.Commands()
	if len(commands) == 0 {
		return false, false, nil
	}
	leave, err := userLeave()
	if err != nil {
		return false, false, nil // without a record nothing is allowed
	}
	execution, err := command.Execution(ctx, commands, filepath.Dir(p.Recipe.File), files)
	if err != nil {
		return false, false, err
	}
	return leave.Has(p.Recipe.File, execution)
}
