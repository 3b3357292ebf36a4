package merge

import (
	"context"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
)

// Fault is something wrong that whoever wrote the recipe, or gave the adapters, can mend: its
// place, its text and its remedy.
type Fault = fault.Fault

// Faults lists the errors that come as one, in the order of the files. What is no *Fault is no
// matter of recipes and adapters: a full disk, an interrupt.
func Faults(err error) []error { return fault.List(err) }

// Load reads, parses and plans the recipe at path, on headers alone. All its mistakes come
// at once, as one error. The Plan holds the inputs open: Close it.
func Load(path string, options plan.Options) (*plan.Plan, error) { return plan.Load(path, options) }

// Run makes every output of a plan. An output is whole or not there: an older one in its place
// stays until the new one is complete. When ctx ends, so does the run, soon.
func Run(ctx context.Context, p *plan.Plan, options run.Options) (*run.Result, error) {
	return run.Run(ctx, p, options)
}

// Verify computes the output in the folder out again from the recipe that it carries, and
// compares the bytes. from is the folder that the recipe's paths are relative to; empty for
// where the output says that its recipe lay. It writes nothing and executes nothing.
func Verify(ctx context.Context, out, from string, options run.Options) (*run.Verdict, error) {
	return run.Verify(ctx, out, from, options)
}
