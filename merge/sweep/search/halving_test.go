package search

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/loramerge/loramerge/recipe"
)

// TestRungs: the first line of the table of Jamieson and Talwalkar (2016), and sizes that can't be
// multiplied for ever.
func TestRungs(t *testing.T) {
	for _, c := range []struct {
		n, least, factor, documents int
		want                        []Rung
	}{
		{81, 1, 3, 81, []Rung{{81, 1}, {27, 3}, {9, 9}, {3, 27}, {1, 81}}},
		{10, 500, 3, 200, []Rung{{10, 200}}},
		{2, 10, 4, 200, []Rung{{2, 10}, {1, 40}, {1, 160}, {1, 200}}},
		{5, math.MaxInt32, 2, math.MaxInt, nil},
	} {
		got := Rungs(c.n, &recipe.Halving{MinSamples: c.least, ReductionFactor: c.factor}, c.documents)
		if c.want != nil && !slices.Equal(got, c.want) || got[len(got)-1].Documents != c.documents {
			t.Errorf("%+v: %v", c, got)
		}
	}
	if got := Rungs(60, nil, 200); !slices.Equal(got, []Rung{{60, 200}}) {
		t.Errorf("without halving: %v", got)
	}
}

// known reads the numbers that were computed with numpy, where they are present.
func known(t *testing.T, into any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "shared", "evaluators", "stats.json"))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the known numbers are not present")
	}
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestKnownRungs(t *testing.T) {
	var facts struct {
		Halving map[string]map[string]any
	}
	known(t, &facts)
	if len(facts.Halving) == 0 {
		t.Fatal("no tables")
	}
	for name, table := range facts.Halving {
		var n, r, documents, factor int
		if _, err := fmt.Sscanf(name, "n=%d r=%d R=%d eta=%d", &n, &r, &documents, &factor); err != nil {
			t.Fatal(name, err)
		}
		var got []any
		kept, before := 0, 0
		for _, rung := range Rungs(n, &recipe.Halving{MinSamples: r, ReductionFactor: factor}, documents) {
			got = append(got, []any{float64(rung.Trials), float64(rung.Documents)})
			kept, before = kept+rung.Trials*(rung.Documents-before), rung.Documents
		}
		rungs, documentsKept := table["rungs[tries,samples]"], table["samples_if_results_are_kept"]
		if !reflect.DeepEqual(any(got), rungs) || float64(kept) != documentsKept {
			t.Errorf("%s: %v, %d documents; not %v, %v", name, got, kept, rungs, documentsKept)
		}
	}
}

func TestKnownPromotion(t *testing.T) {
	var facts struct {
		Pick struct {
			Values map[string]any
			Eta    int
			Kept   []string
		} `json:"halving_pick"`
	}
	known(t, &facts)
	var goals []float64
	for range facts.Pick.Values {
		value, scored := facts.Pick.Values[fmt.Sprintf("t%02d", len(goals)+1)].(float64)
		if !scored {
			value = math.NaN()
		}
		goals = append(goals, value)
	}
	var got []string
	for _, i := range Promote(goals, len(goals)/facts.Pick.Eta) {
		got = append(got, fmt.Sprintf("t%02d", i+1))
	}
	if len(goals) == 0 || !slices.Equal(got, facts.Pick.Kept) {
		t.Errorf("%v of %v; not %v", got, goals, facts.Pick.Kept)
	}
}

func TestPromote(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		goals []float64
		keep  int
		want  []int
	}{
		{[]float64{1, 3, 2}, 2, []int{1, 2}},
		{[]float64{2, nan, 2, 2}, 2, []int{0, 2}},
		{[]float64{nan, nan, -1}, 2, []int{2}},
		{[]float64{nan}, 1, nil},
		{[]float64{math.Inf(-1), 0}, 3, []int{0, 1}},
	} {
		if got := Promote(c.goals, c.keep); !slices.Equal(got, c.want) {
			t.Errorf("%d of %v: %v", c.keep, c.goals, got)
		}
	}
}

// TestSubsets: each has as many of the documents as asked, in order, and holds the smaller ones;
// another seed has others.
func TestSubsets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		first := rapid.IntRange(0, 1000).Draw(t, "first")
		last := first + rapid.IntRange(0, 300).Draw(t, "more")
		var before []int
		for n := 1; n <= last-first+1; n += rapid.IntRange(1, 100).Draw(t, "n") {
			got := Subset(seed, first, last, n)
			if len(got) != n || !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != n || got[0] < first || got[n-1] > last {
				t.Fatalf("%d of %d-%d: %v", n, first, last, got)
			}
			for _, d := range before {
				if !slices.Contains(got, d) {
					t.Fatalf("%d is in the smaller subset, and not in that of %d", d, n)
				}
			}
			before = got
		}
		if all := Subset(seed, first, last, last-first+5); len(all) != last-first+1 {
			t.Errorf("all are %v", all)
		}
	})
	if slices.Equal(Subset(1, 0, 999, 50), Subset(2, 0, 999, 50)) {
		t.Error("the seed changes nothing")
	}
}
