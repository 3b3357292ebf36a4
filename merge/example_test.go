package merge_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/loramerge/loramerge/merge"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
)

// A program merges adapters as the command line does: it plans a recipe, and runs it.
func Example() {
	dir, err := os.MkdirTemp("", "merge")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	p, err := merge.Load("../recipes/ties.yaml", plan.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer p.Close()
	result, err := merge.Run(context.Background(), p, run.Options{
		Lock:     run.LockIgnore,
		Redirect: func(target string) string { return filepath.Join(dir, filepath.Base(target)) },
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, out := range result.Outputs {
		fmt.Printf("stage %s: %d modules\n", out.Stage, out.Modules)
	}
	// Output: stage out: 9 modules
}
