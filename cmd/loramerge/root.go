package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/recipe"
)

func rootCommand(ui *ui) *cobra.Command {
	root := &cobra.Command{
		Use:   "loramerge",
		Short: "merge LoRA adapters by a recipe",
		Long: `loramerge merges LoRA adapters of one base model into one adapter, by a recipe: a YAML file that
describes a graph of stages, is committed to git, and comes out the same byte for byte.

Adapter in, adapter out: no base model, no Python, no GPU.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetOut(ui.out)
	root.SetErr(ui.err)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return &usageError{c.CommandPath(), err} })
	root.AddCommand(runCommand(ui), planCommand(ui), validateCommand(ui), stagesCommand(ui), inspectCommand(ui), versionCommand(ui))
	for _, command := range root.Commands() {
		refuse := command.Args
		command.Args = func(c *cobra.Command, args []string) error {
			if err := refuse(c, args); err != nil {
				return &usageError{c.CommandPath(), err}
			}
			return nil
		}
	}
	return root
}

// usageError is a command line that can't be understood.
type usageError struct {
	command string
	cause   error
}

func (e *usageError) Error() string {
	return e.cause.Error() + "; see `" + e.command + " --help`"
}

func (e *usageError) Unwrap() error { return e.cause }

// errReported ends a command with exit code 2 whose mistakes were printed already.
var errReported = errors.New("mistakes were reported")

// exitCode is 2 for what the user can mend in recipe, inputs or command line.
func exitCode(err error) int {
	if _, ok := errors.AsType[*recipe.Mistake](err); ok {
		return 2
	}
	if _, ok := errors.AsType[*adapter.Problem](err); ok {
		return 2
	}
	if _, ok := errors.AsType[*usageError](err); ok || errors.Is(err, errReported) {
		return 2
	}
	return 1
}
