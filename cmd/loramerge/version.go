package main

import (
	"regexp"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func versionCommand(ui *ui) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "print the program's version",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			ui.printf("loramerge %s\n", version())
			return nil
		},
	}
}

// release is set by the linker in a release; else the module's version is used.
var release string

// version is a release's number, or "devel": outputs carry it, and those of two
// commits between releases should not differ by it.
func version() string {
	if release != "" {
		return release
	}
	if info, ok := debug.ReadBuildInfo(); ok && releaseForm.MatchString(info.Main.Version) {
		return info.Main.Version
	}
	return "devel"
}

var releaseForm = regexp.MustCompile(`^v\d+\.\d+\.\d+$`)
