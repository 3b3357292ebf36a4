//go:build unix

package sweep_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/merge/run"
	"github.com/loramerge/loramerge/merge/sweep"
)

// repeated is a recipe whose evaluator gives the same scores each time.
const repeated = `version: 1
vars: {size: 1}
stages:
  python: {load: adapters/python}
  sized:  {scale: python, by: "${size}"}
  scores:
    evaluate: sized
    tasks: {python: {run: [sh, -c, cat scores.json, "{adapter}", "{samples}"], metric: loss, direction: minimize}}
    splits: {select: 0-399, test: 400-799}
sweep: {axes: {size: {min: 0.5, max: 1.5}}, max-trials: 100, goal: {task: python}}
`

// TestMemory: of a trial that was measured its numbers stay in memory, and neither its plan nor the
// scores of its documents, which take more than 10 KB here.
func TestMemory(t *testing.T) {
	dir := t.TempDir()
	var documents []string
	for n := range 400 {
		documents = append(documents, fmt.Sprintf(`"%d": 0.5`, n))
	}
	scores := fmt.Sprintf(`{"python": {"loss": 0.5}, "samples": {"python.loss": {%s}}}`, strings.Join(documents, ", "))
	path := filepath.Join(dir, "merge.yaml")
	if err := errors.Join(os.CopyFS(filepath.Join(dir, "adapters"), os.DirFS("../../testdata/adapters")),
		os.WriteFile(filepath.Join(dir, "scores.json"), []byte(scores), 0o666), os.WriteFile(path, []byte(repeated), 0o666)); err != nil {
		t.Fatal(err)
	}
	held := make(map[int]uint64)
	told := func(e sweep.Event) {
		if e.Begins || e.Done != 20 && e.Done != 100 {
			return
		}
		var m runtime.MemStats
		runtime.GC()
		runtime.GC() // what pools held
		runtime.ReadMemStats(&m)
		held[e.Done] = m.HeapAlloc
	}
	result, err := sweep.Run(t.Context(), path, sweep.Options{Run: run.Options{AllowExec: true, Scratch: t.TempDir()}, Told: told})
	if err != nil {
		t.Fatal(err)
	}
	if !result.Complete || len(result.Trials) != 100 || result.Measured < 100 {
		t.Fatalf("%d trials, %d scores, complete %v", len(result.Trials), result.Measured, result.Complete)
	}
	const each = 4 << 10
	if held[100] > held[20]+80*each {
		t.Errorf("after 20 trials %d bytes are held, after 100 %d", held[20], held[100])
	}
	t.Logf("%d bytes a trial", (int64(held[100])-int64(held[20]))/80)
}
