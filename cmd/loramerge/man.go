package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"github.com/loramerge/loramerge/internal/overwrite"
)

// manCommand writes the man pages that a release carries.
func manCommand() *cobra.Command {
	var rule overwrite.Rule
	command := &cobra.Command{
		Use:    "man DIR",
		Short:  "write man pages into a folder",
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return err
			}
			c.Root().DisableAutoGenTag = true // it would hold the day
			return unwritable(c, manPages(c.Root(), args[0], rule))
		},
	}
	command.Flags().BoolVar(&rule.Force, "force", false, "replace files that loramerge did not make")
	return command
}

func manPages(command *cobra.Command, folder string, rule overwrite.Rule) error {
	var page bytes.Buffer
	if err := doc.GenMan(command, &doc.GenManHeader{Title: manTitle, Section: "1", Source: "loramerge " + version()}, &page); err != nil {
		return err
	}
	path := filepath.Join(folder, strings.ReplaceAll(command.CommandPath(), " ", "-")+".1")
	own := overwrite.Begins(func(head []byte) bool { return bytes.Contains(head, []byte(`.TH "`+manTitle+`"`)) })
	if err := rule.WriteFile(path, page.Bytes(), own); err != nil {
		return err
	}
	for _, inner := range command.Commands() {
		if inner.IsAvailableCommand() {
			if err := manPages(inner, folder, rule); err != nil {
				return err
			}
		}
	}
	return nil
}

const manTitle = "LORAMERGE"
