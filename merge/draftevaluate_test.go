package merge_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/merge/draft"
	"github.com/loramerge/loramerge/merge/plan"
)

// TestDraftEvaluates: with its marks off, the last stage of a draft scores what the draft merges.
func TestDraftEvaluates(t *testing.T) {
	for _, g := range draftGroups {
		t.Run(g.name, func(t *testing.T) {
			text, dir := draftFor(t, g.adapters, draft.Options{})
			text, block, found := strings.Cut(text, "  # scores:\n")
			if !found {
				t.Fatalf("no scores in\n%s", text)
			}
			path := filepath.Join(dir, "scored.yaml")
			if err := os.WriteFile(path, []byte(text+"  scores:"+strings.ReplaceAll("\n"+block, "\n  # ", "\n  ")), 0o600); err != nil {
				t.Fatal(err)
			}
			p, err := plan.Load(path, plan.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			if got := len(p.Commands()); got != 1 {
				t.Errorf("%d commands", got)
			}
		})
	}
}
