package run_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
)

// BenchmarkScore is a trial of a sweep: a plan that differs from the others in the last stage, scored by
// an evaluator that does nothing. What it reports is the time of a trial without that of the evaluator, and
// by how much the heap has grown in each.
func BenchmarkScore(b *testing.B) {
	at := newBench(b)
	if err := os.WriteFile(filepath.Join(at.dir, "eval.sh"), []byte("echo '{\"loss\": 0.5}'\n"), 0o666); err != nil {
		b.Fatal(err)
	}
	own := fmt.Sprintf("[%q, scorer, \"{adapter}\", \"{split}\", \"{samples}\", \"{tasks}\"]", os.Args[0])
	at.write(strings.NewReplacer(own, `[sh, eval.sh, "{adapter}", "{split}"], inputs: eval.sh`).Replace(fmt.Sprintf(scoredRecipe, os.Args[0])))
	options := at.options()
	options.Hashes = plan.IndexedHashes(b.TempDir())
	options.Clock = func() int64 { return time.Now().UnixNano() }
	var evaluating time.Duration
	options.Scoring = func(s run.Scoring) { evaluating += s.Took }
	score := func(i int) {
		p, err := plan.Load(filepath.Join(at.dir, "merge.yaml"), plan.Options{Vars: map[string]string{"size": fmt.Sprint(1 + float64(i)/1e4)}})
		if err != nil {
			b.Fatal(err)
		}
		defer p.Close()
		if _, _, err := run.Score(b.Context(), p, options, candidate); err != nil {
			b.Fatal(err)
		}
	}
	heap := func() int64 {
		var is runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&is)
		return int64(is.HeapAlloc)
	}
	score(-1)
	before := heap()
	b.ResetTimer()
	evaluating = 0
	for i := range b.N {
		score(i)
	}
	b.StopTimer()
	b.ReportMetric(float64(b.Elapsed()-evaluating)/float64(b.N)/1e6, "ms/trial")
	b.ReportMetric(float64(heap()-before)/float64(b.N), "heap-B/trial")
}
