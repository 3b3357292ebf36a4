package main

import (
	"runtime/debug"

	"github.com/loramerge/loramerge/merge"
)

// uncounted is what Go's limit leaves out: the program's own pages, as they are mapped.
const uncounted = 8 << 20

// holdTo keeps a run to the memory that its plan speaks of: garbage is collected before
// the process outgrows the figure. A lower limit in GOMEMLIMIT stays.
func holdTo(plan *merge.Plan, options merge.RunOptions) {
	const askOnly = -1
	debug.SetMemoryLimit(min(plan.Peak(options)-uncounted, debug.SetMemoryLimit(askOnly)))
}
