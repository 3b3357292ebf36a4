package merge_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/merge"
)

// draftGroups are adapters to draft for, and lines that say how the draft meets what
// is special about them.
var draftGroups = []struct {
	name     string
	adapters []string
	want     []string // in the draft by the default method
	never    []string
}{
	{"alike", own("adapters/python", "adapters/sql", "adapters/contracts"),
		[]string{"ties: adapters", "weights: {python: 0.333333, sql: 0.333333, contracts: 0.333334}", "# Only the weights"}, []string{"space: delta", "missing:", "base:", "select"}},
	{"rank and alpha differ", own("adapters/python", "adapters/chat"),
		[]string{"space: delta", "rank: 8", "python: 9 pairs of rank 8 and alpha 16", "chat: 9 pairs of rank 4 and alpha 4"}, []string{"missing:"}},
	{"alpha differs", own("broken/adapters/tiny", "broken/adapters/loud"), []string{"space: delta", "rank: 2"}, []string{"missing:"}},
	{"bases differ", own("broken/adapters/tiny", "broken/adapters/other-base"),
		[]string{"base: tiny\n", "you vouch", `for "D:\\models\\tiny"`}, []string{"space: delta"}},
	{"modules and bases differ", own("broken/adapters/tiny", "adapters/python"), []string{"missing: zero", "base: tiny\n", "rank: 8"}, nil},
	{"one has a head", own("broken/adapters/tiny", "broken/adapters/head"), []string{"exclude:\n      - score.weight\n", "ties: alike"}, []string{"missing:"}},
	{"both have heads", own("broken/adapters/head", "broken/adapters/head"),
		[]string{"weights: {head: 0.5, head-2: 0.5}", "sum to 1"}, []string{"exclude:"}},
	{"integers", own("broken/adapters/counts", "broken/adapters/counts"), []string{"exclude:\n      - score.counts\n"}, nil},
	{"classifiers of gpt2", real("gpt2-classify-a", "gpt2-classify-b", "gpt2-classify-c"), []string{"sum to 1"}, nil},
	{"reviews", real("gpt2-reviews", "gpt2-reviews-2500"), nil, []string{"space: delta"}},
	{"tuned", real("gpt2-tuned", "gpt2-tuned-200"), nil, []string{"space: delta"}},
	{"agnews, with every bias", real("roberta-agnews-500", "roberta-agnews-1200"), []string{"sum to 1"}, []string{"space: delta"}},
	{"convnext, without a base", real("convnext-mountain-1", "convnext-mountain-2"), []string{"a base model that it does not name"}, []string{"base: "}},
	{"alpha of real ones", real("gpt2-reviews", "gpt2-faculty"), []string{"space: delta", "rank: 8"}, nil},
	{"rank of real ones", real("gpt2-reviews", "gpt2-qa-r16"), []string{"space: delta", "rank: 16"}, nil},
	{"modules of real ones", real("gpt2-tuned", "gpt2-reviews"), []string{"missing: zero"}, nil},
	{"ranks and heads of real ones", real("distilbert-r4", "distilbert-r8-support"), []string{"space: delta", "rank: 8"}, nil},
}

func own(names ...string) []string { return under("../testdata", names) }

func real(names ...string) []string { return under(filepath.Join(shared, "adapters"), names) }

func under(folder string, names []string) []string {
	paths := make([]string, len(names))
	for i, name := range names {
		paths[i] = filepath.Join(folder, filepath.FromSlash(name))
	}
	return paths
}

// TestDraft: the draft for each group runs as it stands, from its own folder.
func TestDraft(t *testing.T) {
	for _, g := range draftGroups {
		t.Run(g.name, func(t *testing.T) {
			text, dir := draftFor(t, g.adapters, "")
			for _, want := range g.want {
				if !strings.Contains(text, want) {
					t.Errorf("no %q in\n%s", want, text)
				}
			}
			for _, never := range g.never {
				if strings.Contains(text, never) {
					t.Errorf("%q in\n%s", never, text)
				}
			}
			run(t, filepath.Join(dir, "merge.yaml"))
			verdict, err := merge.Verify(t.Context(), filepath.Join(dir, "out", "merged"), "", merge.RunOptions{})
			if err != nil || !verdict.Same {
				t.Errorf("its output is verified as %+v, %v", verdict, err)
			}
		})
	}
}

// Every method drafts a recipe that runs, in both spaces and with gaps.
func TestDraftMethods(t *testing.T) {
	for _, method := range merge.DraftMethods {
		for _, adapters := range [][]string{
			own("adapters/python", "adapters/sql", "adapters/contracts"),
			own("adapters/python", "adapters/chat", "broken/adapters/tiny"),
			own("broken/adapters/head", "broken/adapters/head"),
		} {
			text, dir := draftFor(t, adapters, method)
			if !strings.Contains(text, method+": ") {
				t.Errorf("%s is not in\n%s", method, text)
			}
			run(t, filepath.Join(dir, "merge.yaml"))
		}
	}
}

// draftFor writes a draft to merge.yaml in a folder of its own.
func draftFor(t *testing.T, adapters []string, method string) (text, dir string) {
	t.Helper()
	if slices.ContainsFunc(adapters, func(path string) bool { _, err := os.Stat(path); return err != nil }) {
		t.Skipf("%s are not there", adapters)
	}
	dir = t.TempDir()
	draft, err := merge.Draft(adapters, merge.DraftOptions{Method: method, Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "merge.yaml"), draft, 0o666); err != nil {
		t.Fatal(err)
	}
	return string(draft), dir
}

func TestDraftRefuses(t *testing.T) {
	for _, c := range []struct {
		adapters []string
		method   string
		want     string
		problem  bool // with an adapter
	}{
		{own("adapters/python"), "", "two adapters or more", false},
		{own("adapters/python", "adapters/sql"), "soup", `there is no method "soup"`, false},
		{own("adapters/python", "adapters/nobody"), "", "no such adapter folder", true},
		{own("broken/adapters/tiny", "broken/adapters/wide"), "", `these adapters don't merge: module "layers.0.q_proj" is linear [out 3, in 4] in "tiny"`, true},
		{own("adapters/python", "broken/adapters/dora"), "", "use_dora", true},
	} {
		_, err := merge.Draft(c.adapters, merge.DraftOptions{Method: c.method})
		if _, problem := errors.AsType[*adapter.Problem](err); err == nil || !strings.Contains(err.Error(), c.want) || problem != c.problem {
			t.Errorf("%s by %q: %v", c.adapters, c.method, err)
		}
	}
}
