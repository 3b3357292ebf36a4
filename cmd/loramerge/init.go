package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/merge"
)

func initCommand(ui *ui) *cobra.Command {
	var out string
	var force bool
	method := methodFlag(merge.DraftMethods[0])
	command := &cobra.Command{
		Use:     "init ADAPTER ADAPTER…",
		Short:   "draft a recipe that merges adapters as they are",
		Example: "  loramerge init adapters/python adapters/sql -o merge.yaml\n  loramerge init --method slerp adapters/*",
		Args:    cobra.MinimumNArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			text, err := merge.Draft(args, merge.DraftOptions{Method: string(method), Dir: filepath.Dir(out), Name: nameOf(out)})
			if err != nil {
				return err
			}
			return ui.recipe(c, text, out, force)
		},
	}
	command.Flags().Var(&method, "method", "how to merge: "+strings.Join(merge.DraftMethods, ", "))
	command.Flags().StringVarP(&out, "output", "o", "", "the file to write (default: print the recipe)")
	command.Flags().BoolVar(&force, "force", false, "replace a file")
	return command
}

// nameOf is a file's name without its ending; none if there is no file.
func nameOf(file string) string {
	if file == "" {
		return ""
	}
	return strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
}

// methodFlag is one of merge.DraftMethods.
type methodFlag string

// Set reads the name.
func (m *methodFlag) Set(text string) error {
	_, err := choice(merge.DraftMethods, text)
	*m = methodFlag(text)
	return err
}

func (m *methodFlag) String() string { return string(*m) }

// Type names it in the help.
func (m *methodFlag) Type() string { return "method" }

// recipe prints a recipe, or writes it to a file that must not be there yet.
func (u *ui) recipe(c *cobra.Command, text []byte, path string, force bool) error {
	if path == "" {
		u.print(string(text))
		return nil
	}
	flags := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if force {
		flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	file, err := os.OpenFile(path, flags, 0o666)
	if errors.Is(err, fs.ErrExist) {
		return &usageError{c.CommandPath(), fmt.Errorf("%s is there already; name another file, or replace it with --force", path)}
	}
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("writing the recipe: %w", err)
	}
	u.printf("wrote %s\n", path)
	return nil
}
