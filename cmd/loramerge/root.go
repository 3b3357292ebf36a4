package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/recipe"
)

func rootCommand(ui *ui) *cobra.Command {
	root := &cobra.Command{
		Use:   "loramerge",
		Short: "merge LoRA adapters with recipes",
		Long: `loramerge merges LoRA adapters of one base model into a single adapter, as a recipe says. A recipe is a
YAML file that describes a graph of stages. It is meant to be committed to git, and gives the same bytes
every time.

Adapter in, adapter out: no base model, no Python, no GPU.`,
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noArguments,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetVersionTemplate("loramerge {{.Version}}\n")
	cobra.AddTemplateFunc("prose", prose)
	root.SetHelpTemplate("{{with (or .Long .Short)}}{{. | prose | trimTrailingWhitespaces}}\n\n{{end}}{{if or .Runnable .HasSubCommands}}{{.UsageString}}{{end}}")
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), "Flags.FlagUsages ", fmt.Sprintf("Flags.FlagUsagesWrapped %d ", proseWidth)))
	root.SetFlagErrorFunc(nearestFlag)
	root.SetOut(ui.out)
	root.SetErr(ui.err)
	root.AddCommand(initCommand(ui), importCommand(ui), convertCommand(ui), runCommand(ui), sweepCommand(ui), allowCommand(ui), planCommand(ui), expandCommand(ui), validateCommand(ui), fetchCommand(ui), stagesCommand(ui), errorsCommand(ui), inspectCommand(ui), diffCommand(ui), compareCommand(ui), explainCommand(ui), verifyCommand(ui), reportCommand(ui), cacheCommand(ui), configCommand(ui), schemaCommand(ui), docsCommand(ui), versionCommand(ui), manCommand())
	root.InitDefaultHelpCmd()
	for _, command := range root.Commands() {
		if command.Name() == "help" {
			command.Use, command.Short = "help [COMMAND]", "show the help of a command, as `--help` does"
			command.Run, command.RunE, command.Args = nil, helpOn, cobra.ArbitraryArgs
		}
		if complete, ok := completions[command.Name()]; ok {
			command.ValidArgsFunction = complete
		}
		completeFlags(command)
		command.Args = asUsed(command.Args)
	}
	return root
}

// helpOn prints the help of the command that is named. cobra's own would print that of the
// program for a command that is not there, and exit with 0.
func helpOn(c *cobra.Command, args []string) error {
	named, rest, err := c.Root().Find(args)
	if err == nil && named.HasSubCommands() {
		err = noArguments(named, rest)
	}
	if err != nil {
		return usage(named.CommandPath(), err)
	}
	named.InitDefaultHelpFlag()
	return named.Help()
}

// noArguments takes an argument of the program itself for a misspelt command.
func noArguments(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, command := range c.Commands() {
		names = append(names, command.Name())
	}
	return unknown("command", args[0], names)
}

// asUsed reports a wrong number of arguments by showing the right usage.
func asUsed(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		err := check(c, args)
		if err == nil || c.HasSubCommands() {
			return err
		}
		given := strings.Join(append([]string{c.CommandPath()}, args...), " ")
		return fmt.Errorf("expected `%s`, not `%s`", strings.TrimSuffix(c.UseLine(), " [flags]"), given)
	}
}

// nearestFlag suggests a flag for one that is misspelt.
func nearestFlag(c *cobra.Command, err error) error {
	name, misspelt := strings.CutPrefix(err.Error(), "unknown flag: --")
	if !misspelt {
		return err
	}
	var known []string
	c.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
	if nearest, ok := recipe.Nearest(name, known); ok {
		return fmt.Errorf("%w (did you mean --%s?)", err, nearest)
	}
	return err
}

func unknown(what, name string, known []string) error {
	if nearest, ok := recipe.Nearest(name, known); ok {
		return fmt.Errorf("there is no %s %q (did you mean %q?)", what, name, nearest)
	}
	var alike []string
	for _, k := range known {
		if len(name) > 2 && strings.Contains(k, name) {
			alike = append(alike, strconv.Quote(k))
		}
	}
	if 0 < len(alike) && len(alike) <= 3 {
		return fmt.Errorf("there is no %s %q (did you mean %s?)", what, name, strings.Join(alike, " or "))
	}
	return fmt.Errorf("there is no %s %q", what, name)
}

// execute runs the command that the process was started with. What goes wrong
// before the command itself begins is wrong with the command line.
func execute(ctx context.Context, ui *ui) error {
	root, began := rootCommand(ui), false
	beforeEach(root, func(c *cobra.Command) error {
		began = true
		return ui.preset(c)
	})
	command, err := root.ExecuteContextC(ctx)
	if err != nil && !began {
		return usage(command.CommandPath(), apart(err))
	}
	return err
}

var excluded = regexp.MustCompile(`none of the others can be; \[(\S+) ([^\s\]]+)`)

// apart says in plain words what cobra says of flags that exclude each other.
func apart(err error) error {
	if flags := excluded.FindStringSubmatch(err.Error()); flags != nil {
		return fmt.Errorf("--%s and --%s exclude each other", flags[1], flags[2])
	}
	return err
}

// beforeEach calls begin before a command, or one below it, does its work. Its error is the command's.
func beforeEach(command *cobra.Command, begin func(*cobra.Command) error) {
	run := command.RunE
	command.RunE = func(c *cobra.Command, args []string) error {
		if err := begin(c); err != nil {
			return err
		}
		return run(c, args)
	}
	for _, inner := range command.Commands() {
		beforeEach(inner, begin)
	}
}

// usage is the Fault of a command line that can't be understood.
func usage(command string, err error) error { return see(command+" --help", err) }

// see is the Fault of a command line, with the command that shows what can be written instead.
func see(command string, err error) error { return fault.New("%s; see `%s`", err, command) }

// errGates ends a run with exit code 3, whose gates were missed or undecided.
var errGates = errors.New("not all gates were passed")

// exitCode is 2 for what the user can mend in recipe, inputs or command line.
func exitCode(err error) int {
	if errors.Is(err, errGates) {
		return 3
	}
	if code, ok := isReported(err); ok {
		return code
	}
	if _, wrong := errors.AsType[*fault.Fault](err); wrong {
		return 2
	}
	return 1
}
