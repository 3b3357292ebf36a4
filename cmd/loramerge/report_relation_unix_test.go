//go:build unix

package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/loramerge/loramerge/merge/relate"
)

// relation requires the figures of the adapters and of their pairs, in both halves of a matrix.
func (s *shownPage) relation(t *testing.T, r *relate.Relation) {
	t.Helper()
	if len(s.Before) != len(r.Adapters) || len(s.Matrices) != 4 {
		t.Fatalf("%d rows for %d adapters, and %d matrices", len(s.Before), len(r.Adapters), len(s.Matrices))
	}
	places := make(map[string]int)
	for i, a := range r.Adapters {
		row := s.Before[i]
		places[a.Name] = i
		if row[0].Text != a.Name || row[len(row)-1].Text != a.Path {
			t.Errorf("adapter %d is shown as %q, %q", i, row[0].Text, row[len(row)-1].Text)
		}
		for j, want := range []float64{a.Norm, float64(a.Pairs), a.Ranks.Max, a.Alphas.Max} {
			row[1+j].is(t, a.Name, want)
		}
	}
	for _, p := range r.Pairs {
		i, j := places[p.X], places[p.Y]
		for figure, want := range map[string]relate.Figure{"cosine": p.Cosine, "overlap_a": p.OverlapA, "overlap_b": p.OverlapB, "signs_opposite": p.OppositeSign} {
			for _, shown := range []shownFigure{s.Matrices[figure][i][j], s.Matrices[figure][j][i]} {
				shown.is(t, figure+" of "+p.X+" and "+p.Y, float64(want.Value))
			}
		}
	}
}

// TestReportBegins: the verdict comes first, and what the adapters were like before the merge next: once for
// several merges of the same adapters, and for each where these differ.
func TestReportBegins(t *testing.T) {
	b := openBrowser(t)
	page, _ := reported(t)
	dir := filepath.Dir(page)
	for name, text := range map[string]string{
		"mean": "version: 1\nstages:\n  in: {load: {python: adapters/python, sql: adapters/sql}}\n  m: {linear: in}\n  o: {save: m, to: mean}\n",
		"more": "version: 1\nstages:\n  in: {load: {python: adapters/python, sql: adapters/sql, contracts: adapters/contracts}}\n  m: {linear: in}\n  o: {save: m, to: more}\n",
		"one":  "version: 1\nstages:\n  in: {load: adapters/python}\n  m: {scale: in, by: 2}\n  o: {save: m, to: one}\n",
	} {
		recipe := filepath.Join(dir, name+".yaml")
		if err := os.WriteFile(recipe, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		loramerge(t, "run", "--quiet", recipe)
	}
	const relates, became = "The adapters before the merge", "What became of each adapter"
	for _, c := range []struct {
		outs, want []string // headings of what they are asked for
	}{
		{[]string{"out"}, []string{relates, became}},
		{[]string{"one"}, []string{became}},
		{[]string{"out", "mean"}, []string{relates, became, became}},
		{[]string{"out", "more"}, []string{relates, became, relates, became}},
		{[]string{"out", "one"}, []string{relates, became, became}},
	} {
		args := []string{"report", "--force", "-o", page}
		for _, out := range c.outs {
			args = append(args, filepath.Join(dir, out))
		}
		loramerge(t, args...)
		b.open(t, "file://"+page)
		var seen struct {
			Headings, Texts []string
			First           string
		}
		b.evaluate(t, `(() => {
			const headings = [...document.querySelectorAll('main section h2')].map(h => h.textContent);
			return {headings, first: document.querySelector('p').className, texts: [...document.querySelectorAll('.verdict')].map(p => p.textContent)};
		})()`, &seen)
		asked := slices.DeleteFunc(slices.Clone(seen.Headings), func(h string) bool { return h != relates && h != became })
		if !slices.Equal(asked, c.want) || len(c.outs) == 1 && (seen.Headings[0] != c.want[0] || seen.First != "verdict") {
			t.Errorf("%q: %q, want %q; the first text is %q", c.outs, seen.Headings, c.want, seen.First)
		}
	}
}
