package run_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/cache"
	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/internal/testgen/gen"
	"github.com/loramerge/loramerge/merge/evaluate"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
	"github.com/loramerge/loramerge/stages"
)

func init() {
	if len(os.Args) == 6 && os.Args[1] == "scorer" {
		scorer(os.Args[2], os.Args[3], os.Args[4], os.Args[5])
		os.Exit(0)
	}
}

// scorer is an evaluator. The score of a document is made of the adapter's weights, the task and the
// document's number. It notes what it is asked for in the file started.
func scorer(folder, split, samples, tasks string) {
	weights, err := os.ReadFile(filepath.Join(folder, "adapter_model.safetensors"))
	check(err)
	entries, err := os.ReadDir(folder)
	check(err)
	for _, entry := range entries {
		if info, err := entry.Info(); err != nil || info.Mode().Perm()&0o222 != 0 {
			panic(fmt.Sprint(entry, " can be changed"))
		}
	}
	text, err := os.ReadFile(samples)
	check(err)
	numbers := make(map[string][]int)
	check(json.Unmarshal(text, &numbers))
	name := filepath.Base(folder)
	note, err := os.OpenFile("started", os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	check(err)
	_, err = fmt.Fprintln(note, name[:strings.LastIndexByte(name, '-')], split, strings.ReplaceAll(fmt.Sprint(numbers), "map", ""))
	check(err)
	check(note.Close())
	out, all := make(map[string]any), make(map[string]map[string]float64)
	for _, task := range strings.Split(tasks, ",") {
		documents, sum := make(map[string]float64), 0.0
		for _, n := range numbers[task] {
			hash := sha256.Sum256(fmt.Appendf(weights, "%s %d", task, n))
			value := float64(binary.LittleEndian.Uint16(hash[:])) / 65536
			documents[fmt.Sprint(n)], sum = value, sum+value
		}
		out[task] = map[string]float64{"loss": sum / float64(len(numbers[task]))}
		all[task+".loss"] = documents
	}
	out["samples"] = all
	check(json.NewEncoder(os.Stdout).Encode(out))
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// bench is a folder with adapters and a recipe that scores a merge of them.
type bench struct {
	testing.TB
	dir   string
	cache *cache.Cache
}

// scoredRecipe has one evaluator for two tasks. What a trial changes is the last stage.
const scoredRecipe = `version: 1
vars: {size: 1, density: 0.5}
stages:
  experts: {load: {python: python, sql: sql}}
  trimmed: {trim: experts, density: "${density}"}
  merged:  {sum: trimmed}
  sized:   {scale: merged, by: "${size}"}
  out:     {save: sized, to: out}
  scores:
    evaluate: sized
    experts: experts
    evaluators:
      own: {run: [%q, scorer, "{adapter}", "{split}", "{samples}", "{tasks}"]}
    tasks:
      python: {evaluator: own, metric: loss, direction: minimize}
      sql:    {evaluator: own, metric: loss, direction: minimize}
    splits: {select: 0-9, test: 10-29}
`

func newBench(t testing.TB) *bench {
	t.Helper()
	b := &bench{TB: t, dir: t.TempDir()}
	for _, name := range []string{"python", "sql"} {
		spec := gen.Spec{Name: name, Base: "tiny", Modules: gen.Mistral7B()[:2], Rank: 4, Alpha: 8, DType: safetensors.F32}
		for i := range spec.Modules {
			spec.Modules[i].Out, spec.Modules[i].In = 24, 32
		}
		if err := gen.Write(filepath.Join(b.dir, name), spec); err != nil {
			t.Fatal(err)
		}
	}
	b.write(fmt.Sprintf(scoredRecipe, os.Args[0]))
	var err error
	if b.cache, err = cache.Open(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) write(recipe string) {
	b.Helper()
	if err := os.WriteFile(filepath.Join(b.dir, "merge.yaml"), []byte(recipe), 0o666); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) plan(vars map[string]string) *plan.Plan {
	b.Helper()
	p, err := plan.Load(filepath.Join(b.dir, "merge.yaml"), plan.Options{Vars: vars})
	b.Cleanup(func() { p.Close() })
	if err != nil {
		b.Fatal(err)
	}
	return p
}

func (b *bench) options() run.Options {
	return run.Options{Cache: b.cache, AllowExec: true, Scratch: b.TempDir()}
}

func (b *bench) score(p *plan.Plan, ask run.Ask) (*evaluate.Scores, run.Counts) {
	b.Helper()
	scores, counts, err := run.Score(b.Context(), p, b.options(), ask)
	if err != nil {
		b.Fatal(err)
	}
	return scores, counts
}

// started are the commands that have been started since it was asked last, in the order of their texts.
func (b *bench) started() (lines []string) {
	b.Helper()
	path := filepath.Join(b.dir, "started")
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	if err := os.Remove(path); err != nil {
		b.Fatal(err)
	}
	lines = strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	slices.Sort(lines)
	return lines
}

func (b *bench) wantStarted(want ...string) {
	b.Helper()
	if got := b.started(); !slices.Equal(got, want) {
		b.Errorf("started\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

var (
	candidate  = run.Ask{Split: run.SelectSplit, Candidates: true}
	references = run.Ask{Split: run.SelectSplit, References: true}
)

// TestScoreIsPartial: what is not asked for is not measured, and what was measured is not measured again,
// whatever it was asked for with.
func TestScoreIsPartial(t *testing.T) {
	b := newBench(t)
	p := b.plan(nil)
	scores, counts := b.score(p, candidate)
	b.wantStarted("sized select [python:[0 1 2 3 4 5 6 7 8 9] sql:[0 1 2 3 4 5 6 7 8 9]]")
	if scores.Base != nil || scores.Experts != nil || len(scores.Candidates) != 1 || counts != (run.Counts{Measured: 2}) {
		t.Errorf("%+v, %+v", scores, counts)
	}
	if s := scores.Candidates[0].Scores["sql"]; s.Split != "0-9" || len(s.Documents) != 10 {
		t.Errorf("%+v", s)
	}
	scores, counts = b.score(p, references)
	b.wantStarted("base select [python:[0 1 2 3 4 5 6 7 8 9] sql:[0 1 2 3 4 5 6 7 8 9]]", "python select [python:[0 1 2 3 4 5 6 7 8 9]]", "sql select [sql:[0 1 2 3 4 5 6 7 8 9]]")
	if scores.Base == nil || len(scores.Experts) != 2 || scores.Candidates != nil || counts != (run.Counts{Measured: 4}) {
		t.Errorf("%+v, %+v", scores, counts)
	}
	all := run.Ask{Split: run.SelectSplit, References: true, Candidates: true}
	if _, counts = b.score(b.plan(nil), all); counts != (run.Counts{Cached: 6}) {
		t.Errorf("%+v", counts)
	}
	b.wantStarted()
	for _, left := range []string{"out", "merge.lock.yaml", "merge.scores.json"} {
		if _, err := os.Stat(filepath.Join(b.dir, left)); err == nil {
			t.Errorf("it wrote %s", left)
		}
	}
}

// TestScoreIsRuns: a run finds the scores that Score has measured, and the other way round.
func TestScoreIsRuns(t *testing.T) {
	b := newBench(t)
	ask := run.Ask{Split: run.TestSplit, References: true, Candidates: true}
	scores, _ := b.score(b.plan(nil), ask)
	b.started()
	result, err := run.Run(t.Context(), b.plan(nil), b.options())
	if err != nil {
		t.Fatal(err)
	}
	b.wantStarted()
	if got, want := result.Scores[0].Candidates[0].Results[0].Score.Value, scores.Candidates[0].Scores["python"].Value; got != want || result.Scores[0].Counts != (run.Counts{Cached: 6}) {
		t.Errorf("%v, want %v; %+v", got, want, result.Scores[0].Counts)
	}
}

// TestScoreOfChosen: chosen documents are listed, and have scores of their own.
func TestScoreOfChosen(t *testing.T) {
	b := newBench(t)
	p, some, whole := b.plan(nil), candidate, candidate
	some.Documents = &stages.Documents{Last: 9, Chosen: []int{1, 2, 8}}
	whole.Documents = &stages.Documents{Last: 9, Chosen: []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}}
	scores, _ := b.score(p, some)
	b.wantStarted("sized select [python:[1 2 8] sql:[1 2 8]]")
	if s := scores.Candidates[0].Scores["python"]; s.Split != "1-2,8" || len(s.Documents) != 3 {
		t.Errorf("%+v", s)
	}
	b.score(p, whole)
	b.started()
	b.score(p, candidate)
	b.score(p, some)
	b.wantStarted()
	b.write(strings.Replace(fmt.Sprintf(scoredRecipe, os.Args[0]), `"{samples}"`, `"{range}"`, 1))
	_, _, err := run.Score(t.Context(), b.plan(nil), b.options(), some)
	if want := "the command does not say which documents of a split are scored"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
}

// TestKey: a key changes with what the scores depend on, and with nothing else.
func TestKey(t *testing.T) {
	b := newBench(t)
	key := func(p *plan.Plan, ask run.Ask) string {
		t.Helper()
		d, err := run.Key(t.Context(), p, run.Options{}, ask)
		if err != nil {
			t.Fatal(err)
		}
		return d.String()
	}
	text := fmt.Sprintf(scoredRecipe, os.Args[0])
	first, some := key(b.plan(nil), candidate), candidate
	some.Documents = &stages.Documents{Last: 9, Chosen: []int{1, 2, 8}}
	if key(b.plan(map[string]string{"size": "1"}), candidate) != first {
		t.Error("a value that is the default has changed the key")
	}
	seen := map[string]bool{first: true}
	for what, other := range map[string]string{
		"variable": key(b.plan(map[string]string{"size": "2"}), candidate), "documents": key(b.plan(nil), some), "references": key(b.plan(nil), references),
		"test": key(b.plan(nil), run.Ask{Split: run.TestSplit, Candidates: true}),
	} {
		if seen[other] {
			t.Errorf("%s: the key has not changed", what)
		}
		seen[other] = true
	}
	for _, change := range []struct {
		old, new string
		changes  bool
	}{
		{"trimmed", "less", false}, {"to: out", "to: elsewhere", false}, {"select: 0-9", "select: 0-8", true}, {"metric: loss, direction", "metric: gain, direction", true},
		{"scorer, ", "scorer, -v, ", true}, {"sum: trimmed", "average: trimmed", true}, {"scores:\n", "judged:\n", false},
	} {
		b.write(strings.ReplaceAll(text, change.old, change.new))
		if other := key(b.plan(nil), candidate); (other != first) != change.changes || !strings.Contains(text, change.old) {
			t.Errorf("%q for %q: the key is %s, and was %s", change.new, change.old, other, first)
		}
	}
	b.wantStarted()
}
