package main

import (
	"maps"
	"slices"

	"github.com/loramerge/loramerge/merge/evaluate/command"
	"github.com/loramerge/loramerge/stages"
)

// commands shows what a recipe would run.
func (u *ui) commands(recipe, dir string, all []*stages.Command) {
	u.printf("%s runs, in %s:\n", recipe, dir)
	for _, c := range all {
		u.printf("  %s\n", command.Line(c.Run))
		for _, name := range slices.Sorted(maps.Keys(c.Env)) {
			u.printf("    with %s=%s\n", name, c.Env[name])
		}
		files := append(slices.Clone(c.Inputs), command.Named(c, dir)...)
		slices.Sort(files)
		for _, path := range slices.Compact(files) {
			u.printf("    on %s\n", path)
		}
	}
}
