package merge_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
)

// interrupting interrupts a run when it comes to a file, as large ones take long to read.
type interrupting struct {
	plan.FreshHashes
	name string
	stop context.CancelFunc
}

func (i interrupting) Hash(ctx context.Context, path string) (digest.Digest, error) {
	if filepath.Base(path) == i.name {
		i.stop()
		return digest.Digest{}, ctx.Err()
	}
	return i.FreshHashes.Hash(ctx, path)
}

// TestInterruptedAtInputs: an interrupt while an evaluator's inputs are read is no fault of theirs.
func TestInterruptedAtInputs(t *testing.T) {
	recipe := work(t, alike(), `scores: {evaluate: a, tasks: {t: {run: [evaluator, "{adapter}"], inputs: documents, metric: m}}}`)
	writeFile(t, filepath.Join(filepath.Dir(recipe), "documents"), []byte("1"))
	p, err := plan.Load(recipe, plan.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	ctx, stop := context.WithCancel(t.Context())
	_, err = run.Run(ctx, p, run.Options{AllowExec: true, Hashes: interrupting{name: "documents", stop: stop}})
	if _, ok := errors.AsType[*fault.Fault](err); ok || !errors.Is(err, context.Canceled) || strings.Contains(err.Error(), "recipe.yaml") {
		t.Errorf("%v", err)
	}
}
