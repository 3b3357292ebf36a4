package compare_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/internal/lockfile"
	"github.com/loramerge/loramerge/merge/compare"
	"github.com/loramerge/loramerge/merge/evaluate"
	"github.com/loramerge/loramerge/merge/evaluate/results"
)

// losses of 40 documents, which differ much from each other, and little from merge to merge.
func losses(shift, jitter float64) *evaluate.Score {
	s := &evaluate.Score{Digest: digest.Describe("test").Text(fmt.Sprint(shift, jitter)).Sum(), Metric: "bpb"}
	s.Direction, s.N = results.Minimize, 40
	for i := range s.N {
		x := 1 + 0.5*math.Sin(float64(i)) + shift + jitter*math.Cos(7*float64(i))
		s.Documents = append(s.Documents, results.Document{ID: fmt.Sprint(i), Value: x, Weight: 1})
		s.Value += x / 40
	}
	return s
}

// lock writes a lock with the scores of one candidate on two tasks.
func lock(t *testing.T, folder, name string, math, python *evaluate.Score) string {
	t.Helper()
	of := func(name string, math, python *evaluate.Score) *evaluate.Scored {
		return &evaluate.Scored{Name: name, Scores: map[string]*evaluate.Score{"math": math, "python": python}}
	}
	l := lockfile.New()
	l.Plan = "p"
	var data []byte
	l.Scores, data = evaluate.Record(map[string]*evaluate.Scores{"scores": {Base: of("base", losses(0.3, 0), losses(0.3, 0)),
		Experts:    []*evaluate.Scored{{Name: "math", Scores: map[string]*evaluate.Score{"math": losses(0, 0.01)}}},
		Candidates: []*evaluate.Scored{of("merged", math, python)}}})
	path := filepath.Join(folder, name+".lock.yaml")
	if err := l.Write(path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(lockfile.ScoresPath(path), data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestOf: merges by their locks: which differences are shown, and which merges others make needless.
func TestOf(t *testing.T) {
	folder := t.TempDir()
	paths := []string{
		lock(t, folder, "first", losses(0.1, 0.02), losses(0.2, 0)),
		lock(t, folder, "worse", losses(0.12, 0.021), losses(0.201, 0.02)),
		lock(t, folder, "other", losses(0.05, 0.02), losses(0.25, 0.02)),
		lock(t, folder, "same", losses(0.0995, 0.03), losses(0.2005, 0.03)),
	}
	c, err := compare.Of(t.Context(), paths, nil)
	if err != nil {
		t.Fatal(err)
	}
	better := make(map[string]string)
	for _, p := range c.Pairs {
		better[strings.Join([]string{short(p.A), short(p.B), p.Task}, " ")] = short(p.Better)
	}
	for pair, want := range map[string]string{"first worse math": "first", "first worse python": "", "first other math": "other", "first other python": "first", "first same math": "", "first same python": ""} {
		if got, ok := better[pair]; got != want || !ok {
			t.Errorf("%s: %q, want %q", pair, got, want)
		}
	}
	if len(c.Pairs) != 12 {
		t.Errorf("%d pairs of 4 merges and 2 tasks", len(c.Pairs))
	}
	standing := func(i int) string {
		var dominated, doubtful []string
		for _, name := range c.Merges[i].DominatedBy {
			dominated = append(dominated, short(name))
		}
		for _, name := range c.Merges[i].NotBetter {
			doubtful = append(doubtful, short(name))
		}
		return fmt.Sprint(dominated, doubtful)
	}
	for i, want := range []string{"[] [same]", "[first same] []", "[] []", "[] [first]"} {
		if got := standing(i); got != want {
			t.Errorf("%s: %s, want %s", c.Merges[i].Name, got, want)
		}
	}
	sections := c.Sections()
	rows := make(map[string][]string)
	for _, s := range sections {
		for _, row := range s.Rows {
			rows[s.Title[:6]+" "+short(row[0])+" "+row[1]] = row
		}
	}
	if got := sections[0]; !slices.Equal(got.Heading, []string{"MERGE", "math ↓", "python ↓", "STANDING"}) || len(got.Rows) != 6 {
		t.Errorf("%q", got)
	}
	share := (losses(0.3, 0).Value - losses(0.1, 0.02).Value) / (losses(0.3, 0).Value - losses(0, 0.01).Value)
	if row := sections[1].Rows[0]; !strings.HasPrefix(row[1], fmt.Sprintf("%.0f %% (", 100*share)) || len(row) != 2 || len(sections[1].Heading) != 2 {
		t.Errorf("%q, want %g", row, share)
	}
	for key, want := range map[string]string{"differ worse math": "worse", "differ other math": "better", "differ other python": "worse", "differ same math": "not shown to differ"} {
		if row := rows[key]; len(row) != 4 || row[3] != want {
			t.Errorf("%s: %q, want %s", key, row, want)
		}
	}
	if remarks := strings.Join(c.Remarks(), "\n"); !strings.Contains(remarks, "of 12 differences, about 0.6 would seem better or worse by luck") {
		t.Errorf("%s", remarks)
	}
}

// TestPage: an axis for each task, on which an expert's gain is 1, and a change against the base is
// what it is in the table.
func TestPage(t *testing.T) {
	folder := t.TempDir()
	c, err := compare.Of(t.Context(), []string{lock(t, folder, "first", losses(0.1, 0.02), losses(0.2, 0)), lock(t, folder, "other", losses(0.05, 0.02), losses(0.25, 0.02))}, nil)
	if err != nil {
		t.Fatal(err)
	}
	page := c.Page("1")
	if len(page.Axes) != 2 || len(page.Tables) != len(c.Sections()) {
		t.Fatalf("%+v", page)
	}
	share, change := page.Axes[0], page.Axes[1]
	if share.Task != "math" || len(share.Dots) != 2 || len(share.Marks) != 2 || share.Marks[1].At != 1 || float64(share.Dots[1].Value) != c.Merges[1].Scores.Results[0].Recovered.Value {
		t.Errorf("%+v", share)
	}
	if got := float64(change.Dots[0].Value); change.Text != "The change against the base; less is better." || math.Abs(got+0.1) > 1e-9 || !change.Dots[1].Lower.Defined() {
		t.Errorf("%+v", change)
	}
}

func short(name string) string {
	if name == "" {
		return ""
	}
	return strings.TrimSuffix(filepath.Base(name), ".lock.yaml")
}

// TestOfUnlike: scores that were measured in two ways are not compared, and none dominates another.
func TestOfUnlike(t *testing.T) {
	folder := t.TempDir()
	math := losses(0.2, 0.02)
	math.About = map[string]string{"eval.py": "2"}
	was := losses(0.1, 0.02)
	was.About = map[string]string{"eval.py": "1"}
	c, err := compare.Of(t.Context(), []string{lock(t, folder, "a", was, losses(0.1, 0)), lock(t, folder, "b", math, losses(0.2, 0)), filepath.Join(folder, "a.lock.yaml")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if p := c.Pairs[0]; p.Unlike != "eval.py: 2 and 1" || p.Better != "" || len(c.Merges[1].DominatedBy) > 0 {
		t.Errorf("%+v", p)
	}
	if got := c.Merges[2].Name; got != filepath.Join(folder, "a.lock.yaml")+" (2)" {
		t.Errorf("%q", got)
	}
	if row := c.Sections()[2].Rows[0]; row[3] != "not compared: eval.py: 2 and 1" {
		t.Errorf("%q", row)
	}
}

// TestOfMistakes: what can't be compared, and what to do about it.
func TestOfMistakes(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for path, want := range map[string]string{
		filepath.Join(folder, "gone"):                                       "cannot be read: ",
		write("r.yaml", "version: 1\nstages:\n  a: {load: a}\n"):            "was not run yet: there is no lock " + filepath.Join(folder, "r.lock.yaml") + "; run the recipe first, or name the outputs' folders",
		write("e.lock.yaml", "lock: 1\nplan: p\ninputs: {}\noutputs: {}\n"): "its lock has no scores, and its outputs are not those that it pins; run the recipe again",
		write("d.lock.yaml", "lock: 1\nplan: p\ninputs: {}\noutputs: {}\nscores: {stages: {s: {candidates: {m: {t: {value: 1, digest: 'sha256:"+strings.Repeat("0", 64)+"'}}}}}}\n"): "stage s: the evaluator does not say whether more of \"t\" is better or less; write `direction: maximize` or `direction: minimize` beside the metric",
	} {
		_, err := compare.Of(t.Context(), []string{path}, nil)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	for _, path := range []string{filepath.Join(folder, "gone")} {
		if _, err := compare.Of(t.Context(), []string{path}, nil); !strings.HasSuffix(err.Error(), "; name recipes that were run, or outputs of them") {
			t.Errorf("%v", err)
		}
	}
}
