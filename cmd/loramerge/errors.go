package main

import (
	"strings"

	"github.com/spf13/cobra"

	handbook "github.com/loramerge/loramerge/docs"
)

func errorsCommand(ui *ui) *cobra.Command {
	return &cobra.Command{
		Use:     "errors [NAME]",
		Short:   "explain an error whose remedy is a choice",
		Example: "  loramerge errors\n  loramerge errors different-bases",
		Args:    cobra.MaximumNArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			names, _ := errorPages()
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error {
			names, pages := errorPages()
			if len(args) == 0 {
				ui.print(strings.Join(names, "\n") + "\n")
				return nil
			}
			page, ok := pages[args[0]]
			if !ok {
				return see(c.CommandPath(), unknown("error", args[0], names))
			}
			ui.print(prose(page))
			return nil
		},
	}
}

// errorPages are the sections of docs/errors.md by their names, which are the anchors
// that Markdown gives to headings of plain words.
func errorPages() (names []string, pages map[string]string) {
	pages = make(map[string]string)
	for _, section := range strings.Split(handbook.Errors, "\n## ")[1:] {
		heading, text, _ := strings.Cut(section, "\n")
		name := strings.ReplaceAll(strings.ToLower(heading), " ", "-")
		names = append(names, name)
		pages[name] = heading + "\n" + strings.TrimRight(text, "\n") + "\n"
	}
	return names, pages
}
