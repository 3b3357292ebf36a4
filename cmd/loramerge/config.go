package main

import (
	"cmp"
	"fmt"
	"os"

	"github.com/spf13/cobra"
)

func configCommand(ui *ui) *cobra.Command {
	var asJSON bool
	command := &cobra.Command{
		Use:   "config",
		Short: "show the user's settings, and where each comes from",
		Long: `Shows the defaults that you can set for every command in a file of your own, where it lies, and where each
value comes from. The file is a table such as

  jobs: 4
  memory: 2GB
  cache-size: 50GB
  cache: auto
  cache-folder: /scratch/loramerge

with any of these lines. A flag comes before it, and so does LORAMERGE_CACHE, which names the cache's folder.
None of the settings changes a byte of a result.`,
		Example: "  loramerge config",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			shown := ui.settings()
			if ui.userFault != nil {
				return ui.userFault
			}
			if asJSON {
				return ui.json(shown)
			}
			ui.config(shown)
			return nil
		},
	}
	command.Flags().BoolVar(&asJSON, "json", false, "print it as JSON")
	return command
}

// shownSettings are the values that commands without flags use.
type shownSettings struct {
	File     string         `json:"file,omitempty"` // empty where the system names no folder for it
	There    bool           `json:"there"`
	Settings []shownSetting `json:"settings"`
}

type shownSetting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	From  string `json:"from"`
}

func (u *ui) settings() shownSettings {
	out := shownSettings{File: u.user.path, There: u.user.there}
	for _, s := range settings {
		shown := shownSetting{Name: s.name}
		shown.Value, shown.From = s.initial()
		if value, ok := u.user.values[s.name]; ok {
			shown.Value, shown.From = value.text, fmt.Sprintf("line %d", value.at.Line)
		}
		if given := os.Getenv(cmp.Or(s.variable, "-")); given != "" {
			shown.Value, shown.From = given, s.variable
		}
		out.Settings = append(out.Settings, shown)
	}
	return out
}

// config prints the user's settings.
func (u *ui) config(s shownSettings) {
	switch {
	case s.File == "":
		u.print("there is no folder for settings\n\n")
	case s.There:
		u.printf("%s\n\n", s.File)
	default:
		u.printf("%s (not there)\n\n", s.File)
	}
	var rows [][]string
	for _, one := range s.Settings {
		rows = append(rows, []string{one.Name, one.Value, one.From})
	}
	u.table("SETTING VALUE FROM", rows)
}
