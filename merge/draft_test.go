package merge_test

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/merge/draft"
	"github.com/loramerge/loramerge/merge/run"
	"github.com/loramerge/loramerge/stages"
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
		[]string{"sum: deltas", "norm: inputs", "rank: 24", "Rank 24 is the sum of the adapters' ranks: it keeps all", "rank 8 keeps 8", "--max-lora-rank 32"}, []string{"    weights:", "missing:", "base:", "select"}},
	{"rank and alpha differ", own("adapters/python", "adapters/chat"),
		[]string{"delta: adapters", "rank: 12", "python: 9 pairs of rank 8 and alpha 16", "chat: 9 pairs of rank 4 and alpha 4", "without a flag"}, []string{"missing:"}},
	{"alpha differs", own("broken/adapters/tiny", "broken/adapters/loud"), []string{"rank: 4"}, []string{"missing:"}},
	{"modules differ", own("broken/adapters/tiny", "broken/adapters/two-layers"), []string{"missing: zero", "count as zero"}, nil},
	{"one has a head", own("broken/adapters/tiny", "broken/adapters/head"), []string{"exclude:\n      - score.weight\n", "delta: alike"}, []string{"missing:", "    weights:"}},
	{"both have heads", own("broken/adapters/head", "broken/adapters/head"),
		[]string{"weights: {head: 0.5, head-2: 0.5}", "sum to 1"}, []string{"exclude:"}},
	{"integers", own("broken/adapters/counts", "broken/adapters/counts"), []string{"exclude:\n      - score.counts\n"}, nil},
	{"classifiers of gpt2", real("gpt2-classify-a", "gpt2-classify-b", "gpt2-classify-c"), []string{"sum to 1", "0.333334"}, nil},
	{"convnext, without a base", real("convnext-mountain-1", "convnext-mountain-2"), []string{"a base model that it does not name"}, []string{"base: "}},
	{"rank of real ones", real("gpt2-reviews", "gpt2-qa-r16"), []string{"rank: 24"}, nil},
	{"modules of real ones", real("gpt2-tuned", "gpt2-reviews"), []string{"missing: zero"}, nil},
	{"ranks and heads of real ones", real("distilbert-r4", "distilbert-r8-support"), []string{"rank: 12"}, nil},
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
			text, dir := draftFor(t, g.adapters, draft.Options{})
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
			runRecipe(t, filepath.Join(dir, "merge.yaml"))
			verdict, err := run.Verify(t.Context(), filepath.Join(dir, "out", "merged"), "", run.Options{})
			if err != nil || !verdict.Same {
				t.Errorf("its output is verified as %+v, %v", verdict, err)
			}
		})
	}
}

// Every method drafts a recipe that runs, with one alpha or several, with gaps and with
// heads, and whose result has the size of the recommended one.
func TestDraftMethods(t *testing.T) {
	for _, adapters := range [][]string{
		own("adapters/python", "adapters/sql", "adapters/contracts"),
		own("adapters/python", "adapters/chat"),
		own("broken/adapters/tiny", "broken/adapters/two-layers", "broken/adapters/loud"),
		own("broken/adapters/head", "broken/adapters/head"),
	} {
		want := 0.0
		for _, method := range draft.Methods {
			text, dir := draftFor(t, adapters, draft.Options{Method: method, Rank: 16})
			if !strings.Contains(text, method+": ") || !strings.Contains(text, "norm: inputs") || !strings.Contains(text, "rank: 16") {
				t.Errorf("%s: the draft is\n%s", method, text)
			}
			result, err := runWith(t, filepath.Join(dir, "merge.yaml"), run.Options{})
			if err != nil {
				t.Fatalf("%s: %v", method, err)
			}
			lost := 0.0
			for _, d := range result.Deviations {
				if d.Kind == stages.Truncation {
					lost = d.Share
				}
			}
			out := readFactored(t, filepath.Join(dir, "out", "merged"))
			got := math.Sqrt(out.inner(out) / (1 - lost))
			if want == 0 {
				want = got
			}
			if !(math.Abs(got-want) <= 2e-3*want) { // half precision of what is saved
				t.Errorf("%s has ‖ΔW‖ = %g before the cut, the sum %g", method, got, want)
			}
		}
	}
}

// TestDraftOptions: what is asked for stands in the draft.
func TestDraftOptions(t *testing.T) {
	for _, c := range []struct {
		adapters []string
		options  draft.Options
		want     []string
	}{
		{own("adapters/python", "adapters/sql"), draft.Options{Rank: 8}, []string{"rank: 8\n", "The sum of the adapters' ranks is 16, and rank 8 is less: it keeps 8"}},
		{own("adapters/python", "adapters/sql"), draft.Options{Rank: 40}, []string{"rank: 40\n", "more than 16", "--max-lora-rank 64", "rank 8 keeps"}},
		{own("adapters/python", "adapters/sql"), draft.Options{For: []string{"vllm"}}, []string{"    for: vllm\n"}},
		{own("adapters/python", "adapters/sql", "adapters/contracts"), draft.Options{For: []string{"vllm", "peft"}}, []string{"    for: [vllm, peft]\n", "max-lora-rank: 32\n"}},
		{own("broken/adapters/head", "broken/adapters/head"), draft.Options{For: []string{"sglang"}}, []string{"- score.weight\n", "accepts no whole tensors"}},
		{own("broken/adapters/tiny", "broken/adapters/other-base"), draft.Options{Base: "org/tiny"}, []string{"vouches", "base: org/tiny\n"}},
		{own("broken/adapters/tiny", "broken/adapters/revised"), draft.Options{Base: "tiny@abc123"}, []string{"base: tiny@abc123\n"}},
	} {
		text, dir := draftFor(t, c.adapters, c.options)
		for _, want := range c.want {
			if !strings.Contains(text, want) {
				t.Errorf("no %q in\n%s", want, text)
			}
		}
		runRecipe(t, filepath.Join(dir, "merge.yaml"))
	}
}

// TestDraftDType: the merged adapter has the inputs' dtype.
func TestDraftDType(t *testing.T) {
	for _, dtype := range []safetensors.DType{safetensors.F16, safetensors.BF16, safetensors.F32} {
		dir := t.TempDir()
		paths := []string{filepath.Join(dir, "a"), filepath.Join(dir, "b")}
		plain(4, 8, dtype).write(t, paths[0])
		plain(8, 8, dtype).write(t, paths[1])
		_, out := draftFor(t, paths, draft.Options{})
		runRecipe(t, filepath.Join(out, "merge.yaml"))
		merged := openAdapter(t, filepath.Join(out, "out", "merged"))
		if got := merged.Modules[0].A.DType; got != dtype {
			t.Errorf("of %s comes %s", dtype, got)
		}
	}
}

// draftFor writes a draft to merge.yaml in a folder of its own.
func draftFor(t *testing.T, adapters []string, options draft.Options) (text, dir string) {
	t.Helper()
	if slices.ContainsFunc(adapters, func(path string) bool { _, err := os.Stat(path); return err != nil }) {
		t.Skipf("%s are not there", adapters)
	}
	dir = t.TempDir()
	options.Dir = dir
	d, err := draft.New(t.Context(), adapters, options)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "merge.yaml"), d, 0o666); err != nil {
		t.Fatal(err)
	}
	return string(d), dir
}

func TestDraftRefuses(t *testing.T) {
	for _, c := range []struct {
		adapters []string
		method   string
		want     string
		problem  bool // with an adapter
	}{
		{own("broken/adapters/tiny", "broken/adapters/other-base"), "", "vouch for it with `--base tiny`", true},
		{own("broken/adapters/tiny", "broken/adapters/revised"), "", "vouch for it with `--base tiny@main`", true},
		{own("broken/adapters/tiny", "adapters/python"), "", "of different base models", true},
		{own("broken/adapters/other-base", "broken/adapters/dora"), "", "of different base models", true},
		{own("adapters/python"), "", "two adapters or more", false},
		{own("adapters/python", "adapters/sql"), "soup", `there is no method "soup"`, false},
		{own("adapters/python", "adapters/nobody"), "", "no such adapter folder", true},
		{own("broken/adapters/tiny", "broken/adapters/wide"), "", `these adapters don't merge: module "layers.0.q_proj" is linear [out 3, in 4] in "tiny"`, true},
		{own("adapters/python", "broken/adapters/dora"), "", "use_dora", true},
	} {
		_, err := draft.New(t.Context(), c.adapters, draft.Options{Method: c.method})
		if _, problem := errors.AsType[*fault.Fault](err); err == nil || !strings.Contains(err.Error(), c.want) || problem != c.problem {
			t.Errorf("%s by %q: %v", c.adapters, c.method, err)
		}
	}
}
