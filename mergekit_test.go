package loramerge_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter/formats"
	"github.com/loramerge/loramerge/internal/golden"
	"github.com/loramerge/loramerge/internal/mergekit"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// TestMergekit imports the configurations in testdata/mergekit: each recipe plans, and
// it and the notes on what it leaves out are in the golden file.
func TestMergekit(t *testing.T) {
	for _, path := range files(t, "testdata/mergekit/*.yml") {
		name := strings.TrimSuffix(filepath.Base(path), ".yml")
		t.Run(name, func(t *testing.T) {
			text, notes, err := mergekit.Import(readFile(t, path), mergekit.Options{File: filepath.Base(path), Modules: moduleNames, Rank: largestRank})
			if err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			for _, note := range notes {
				got.WriteString("# " + note.Error() + "\n")
			}
			got.Write(text)
			golden.Compare(t, strings.TrimSuffix(path, ".yml")+".golden", got.Bytes())
			if name != "hub" { // whose adapters are elsewhere
				planText(t, text)
			}
		})
	}
}

func moduleNames(path string) ([]string, error) {
	opened, err := formats.Open(path)
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	var names []string
	for _, m := range opened.Modules {
		names = append(names, m.Name)
	}
	return names, nil
}

func largestRank(path string) int {
	opened, err := formats.Open(path)
	if err != nil {
		return 0
	}
	defer opened.Close()
	most := 0
	for _, m := range opened.Modules {
		most = max(most, m.Rank)
	}
	return most
}

// planText plans a recipe whose paths are relative to the repository.
func planText(t *testing.T, text []byte) {
	t.Helper()
	parsed, err := recipe.Parse("imported.yaml", text, stages.Verbs())
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	p, err := plan.New(parsed, ".", plan.Options{})
	if err != nil {
		t.Errorf("%v\n%s", err, text)
	}
	p.Close()
}
