package compare_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/lockfile"
	"github.com/loramerge/loramerge/merge/compare"
	"github.com/loramerge/loramerge/merge/evaluate"
)

// version is a lock that scored the candidates of one stage on one task, by their names and how far their
// losses are shifted.
func version(t *testing.T, name, stage string, candidates map[string]float64) compare.Version {
	t.Helper()
	scores := new(evaluate.Scores)
	for candidate, shift := range candidates {
		scores.Candidates = append(scores.Candidates, &evaluate.Scored{Name: candidate, Scores: map[string]*evaluate.Score{"math": losses(shift, 0.01)}})
	}
	l := lockfile.New()
	var data []byte
	l.Scores, data = evaluate.Record(map[string]*evaluate.Scores{stage: scores})
	path := filepath.Join(t.TempDir(), name+".lock.yaml")
	locked, err := evaluate.NewLocked(l, lockfile.ScoresPath(path), data)
	if err != nil {
		t.Fatal(err)
	}
	return compare.Version{Name: name, Lock: path, Locked: locked}
}

// TestOfVersions: a candidate is compared with itself; the only one of each version is one candidate
// whatever its name, and those that one version alone has are named.
func TestOfVersions(t *testing.T) {
	for name, c := range map[string]struct {
		was, is compare.Version
		rows    []string // candidate, task and meaning
		notes   []string
		same    bool
	}{
		"each with itself": {
			was:  version(t, "old", "scores", map[string]float64{"large": 0.1, "small": 0.2}),
			is:   version(t, "new", "scores", map[string]float64{"large": 0.1, "small": 0.15}),
			rows: []string{"large math ↓ the same measurement", "small math ↓ better"},
		},
		"renamed": {
			was:  version(t, "old", "scores", map[string]float64{"merged": 0.1}),
			is:   version(t, "new", "measured", map[string]float64{"better": 0.3}),
			rows: []string{" math ↓ worse"},
		},
		"one of two": {
			was:   version(t, "old", "scores", map[string]float64{"large": 0.1, "small": 0.2}),
			is:    version(t, "new", "scores", map[string]float64{"large": 0.1, "tiny": 0.2}),
			rows:  []string{" math ↓ the same measurement"},
			notes: []string{"old has no scores of tiny", "new has no scores of small"},
			same:  true,
		},
		"the same": {
			was:  version(t, "old", "scores", map[string]float64{"merged": 0.1}),
			is:   version(t, "new", "scores", map[string]float64{"merged": 0.1}),
			rows: []string{" math ↓ the same measurement"},
			same: true,
		},
		"not scored": {was: compare.Version{Name: "old"}, is: version(t, "new", "scores", map[string]float64{"merged": 0.1}), notes: []string{"old has no scores of merged"}},
	} {
		found, err := compare.OfVersions(c.was, c.is)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var rows []string
		for _, row := range found.Table().Rows {
			rows = append(rows, strings.Join([]string{row[0], row[1], row[6]}, " "))
		}
		if !slices.Equal(rows, c.rows) || !slices.Equal(found.Notes, c.notes) || found.Unchanged() != c.same {
			t.Errorf("%s: %q, %q, %v", name, rows, found.Notes, found.Unchanged())
		}
	}
}

// TestVersionsInterval: the difference is that of the documents, which are paired: losses that are all
// shifted by the same differ by just that, whatever they are spread by.
func TestVersionsInterval(t *testing.T) {
	found, err := compare.OfVersions(version(t, "old", "scores", map[string]float64{"m": 0.2}), version(t, "new", "scores", map[string]float64{"m": 0.125}))
	if err != nil {
		t.Fatal(err)
	}
	d := found.Candidates[0].Between.Pairs[0].Difference
	if diff := d.Value + 0.075; diff > 1e-12 || diff < -1e-12 || d.Documents != 40 || d.Wide {
		t.Errorf("%+v", d)
	}
}
