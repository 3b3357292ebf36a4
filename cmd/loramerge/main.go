// Command loramerge merges LoRA adapters by a recipe.
//
// One file a command; the files ui*.go alone speak to people. Exit codes: 0 done,
// 1 failed while running, 2 the recipe, the inputs or the command line are wrong.
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
	collectAt(garbageWhilePlanning)
	ui := newUI(os.Stdout, os.Stderr)
	ctx, stop := signal.NotifyContext(context.Background(), interrupts()...)
	context.AfterFunc(ctx, func() {
		stop()
		ui.interrupted.Store(true)
	})
	defer stop()
	err := execute(ctx, ui)
	if err == nil {
		err = ui.out.failed
	}
	if err != nil {
		ui.failure(err)
		return exitCode(err)
	}
	return 0
}

// interrupts are what ends a run in good order: a closed terminal too, unless nohup
// has said that it should not matter.
func interrupts() []os.Signal {
	all := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		all = append(all, syscall.SIGHUP)
	}
	return all
}
