// Command loramerge merges LoRA adapters by a recipe.
//
// One file a command; ui.go alone speaks to people. Exit codes: 0 done, 1 failed
// while running, 2 the recipe or the inputs are wrong.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() { os.Exit(realMain()) }

// realMain runs the program with a context that the first interrupt cancels; a
// second one ends the process at once.
func realMain() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	defer stop()
	ui := newUI(os.Stdout, os.Stderr)
	if err := rootCommand(ui).ExecuteContext(ctx); err != nil {
		ui.failure(err)
		return exitCode(err)
	}
	return 0
}
