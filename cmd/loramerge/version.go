package main

import (
	"runtime/debug"

	"github.com/spf13/cobra"
)

func versionCommand(ui *ui) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "print the program's version",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return ui.print("loramerge " + version() + "\n")
		},
	}
}

// release is set by the linker in a release; else the module's version is used.
var release string

func version() string {
	if release != "" {
		return release
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
