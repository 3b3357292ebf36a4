package merge_test

import (
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/loramerge/loramerge/internal/reportpage"
)

// TestReportDelta: in the space delta a trim works on ΔW itself, and factor loses what
// lies beyond its rank (Eckart and Young 1936).
func TestReportDelta(t *testing.T) {
	const rank = 4
	dir, data := reported(t, `
  adapters: {load: {python: adapters/python, chat: adapters/chat}}
  deltas: {delta: adapters}
  trimmed: {trim: deltas, density: 0.4}
  merged: {average: trimmed}
  factored: {factor: merged, rank: 4}
  out: {save: factored, to: out}
`)
	var lost, meant float64
	for _, m := range data.Modules {
		var deltas [][]float64
		mean := make([]float32, m.Out*m.In)
		for _, a := range data.Adapters {
			x := weightsOf(t, filepath.Join(dir, "adapters", a.Name), m.Name).delta()
			deltas = append(deltas, x)
			trimmed := trimmedTo(x, 0.4)
			near(t, m.Name+" kept of "+a.Name, keptOf(t, m, a.Name), inner(trimmed, trimmed)/inner(x, x))
			for i, v := range trimmed {
				mean[i] += float32(v / 2)
			}
		}
		compareModule(t, m, deltas, weightsOf(t, filepath.Join(dir, "out"), m.Name).delta())
		rest, norm := tail(mean, m.Out, m.In, rank), tail(mean, m.Out, m.In, 0)
		compareLoss(t, m, "factored", "merged", rest/norm)
		lost, meant = lost+rest*rest, meant+norm*norm
	}
	if len(data.Losses) != 1 || !within(data.Losses[0].Error, math.Sqrt(lost/meant)) {
		t.Errorf("losses %v, by hand %v", data.Losses, math.Sqrt(lost/meant))
	}
}

// within is a thousandth, which the design grants a decomposition of a dense delta.
func within(got reportpage.Ratio, want float64) bool { return math.Abs(float64(got)/want-1) <= 1e-3 }

func compareLoss(t *testing.T, m reportpage.Module, stage, adapterName string, want float64) {
	t.Helper()
	i := slices.IndexFunc(m.Losses, func(l reportpage.ModuleLoss) bool { return l.Stage == stage && l.Adapter == adapterName })
	if i < 0 || !within(m.Losses[i].Error, want) {
		t.Errorf("%s: losses %v, by hand %v", m.Name, m.Losses, want)
	}
}

// TestReportRank: a rank that truncates loses what lies beyond it, of each adapter.
func TestReportRank(t *testing.T) {
	dir, data := reported(t, `
  python: {load: adapters/python}
  sql: {load: adapters/sql}
  cut: {rank: [python, sql], to: 3, how: truncate}
  merged: {average: cut}
  out: {save: merged, to: out}
`)
	for _, m := range data.Modules {
		for _, a := range data.Adapters {
			x := weightsOf(t, filepath.Join(dir, "adapters", a.Name), m.Name).delta()
			narrow := make([]float32, len(x))
			for i, v := range x {
				narrow[i] = float32(v)
			}
			compareLoss(t, m, "cut", a.Name, tail(narrow, m.Out, m.In, 3)/math.Sqrt(inner(x, x)))
		}
	}
}

// TestReportCrossTerms: mean(B)·mean(A) is compared with mean(B·A).
func TestReportCrossTerms(t *testing.T) {
	dir, data := reported(t, `
  python: {load: adapters/python}
  sql: {load: adapters/sql}
  merged: {average: [python, sql]}
  out: {save: merged, to: out}
`)
	for _, m := range data.Modules {
		is := weightsOf(t, filepath.Join(dir, "out"), m.Name).delta()
		x := weightsOf(t, filepath.Join(dir, "adapters/python"), m.Name).delta()
		y := weightsOf(t, filepath.Join(dir, "adapters/sql"), m.Name).delta()
		meant, away := make([]float64, len(is)), make([]float64, len(is))
		for i := range is {
			meant[i] = (x[i] + y[i]) / 2
			away[i] = is[i] - meant[i]
		}
		compareLoss(t, m, "merged", "merged", math.Sqrt(inner(away, away)/inner(meant, meant)))
	}
}

// TestReportPicked: what is loaded and not taken has no part, and of two adapters of
// one name each is called by its stage.
func TestReportPicked(t *testing.T) {
	_, data := reported(t, `
  old: {load: {python: adapters/python, sql: adapters/sql}}
  new: {load: {python: adapters/contracts}}
  half: {average: old.python}
  merged: {sum: [half, new], weights: {half: 0.5, python: 0.5}}
  other: {average: old}
  aside: {save: other, to: aside}
  out: {save: merged, to: out}
`)
	var names []string
	for _, a := range data.Adapters {
		names = append(names, a.Name)
	}
	slices.Sort(names)
	if !slices.Equal(names, []string{"new.python", "old.python"}) {
		t.Errorf("adapters %q", names)
	}
	for _, n := range data.Graph.Nodes {
		if n.Stage == "aside" || n.Stage == "other" {
			t.Errorf("the graph shows %s, which did not lead to the output", n.Stage)
		}
	}
}
