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

// All that is wrong with a recipe comes at once, each with its place and what to do.
func ExampleFaults() {
	_, err := merge.Load("../testdata/broken/no-effect.yaml", plan.Options{})
	for _, e := range merge.Faults(err) {
		if f, ok := e.(*merge.Fault); ok {
			fmt.Printf("line %d: %s\n\t%s\n", f.Line, f.Message(), f.Remedy)
		}
	}
	// Output:
	// line 6: "over" has no effect here: no step of this linear takes it
	// 	leave it out, or choose another `like`
	// line 7: "rank" has no effect here: no step of this ties takes it
	// 	add `space: delta`, or leave it out
}
