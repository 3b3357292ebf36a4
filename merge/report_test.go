package merge_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/reportpage"
	"github.com/loramerge/loramerge/merge/report"
)

// reported runs the stages of a recipe over the adapters of testdata, in a folder of
// its own, and reports on what they saved to out.
func reported(t *testing.T, stages string) (dir string, data *report.Report) {
	t.Helper()
	dir = t.TempDir()
	examples, err := filepath.Abs("../testdata/adapters")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(dir, "adapters"), os.DirFS(examples)); err != nil {
		t.Fatal(err)
	}
	recipe := filepath.Join(dir, "recipe.yaml")
	if err := os.WriteFile(recipe, []byte("version: 1\nstages:\n"+stages), 0o644); err != nil {
		t.Fatal(err)
	}
	runRecipe(t, recipe)
	return dir, reportOn(t, dir)
}

func reportOn(t *testing.T, dir string) *report.Report {
	t.Helper()
	data, err := report.Make(t.Context(), filepath.Join(dir, "out"), "", report.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// weights are those of an adapter's module, in float64: A [r, in] and B [out, r].
type weights struct {
	a, b       []float64
	out, in, r int
	scale      float64
}

func weightsOf(t *testing.T, folder, module string) weights {
	t.Helper()
	opened := openAdapter(t, folder)
	m, ok := opened.Find(module)
	if !ok {
		t.Fatalf("%s has no %s", folder, module)
	}
	read := func(tensor adapter.Tensor) []float64 {
		x := make([]float32, tensor.Elements())
		if err := opened.Read(tensor, x); err != nil {
			t.Fatal(err)
		}
		wide := make([]float64, len(x))
		for i, v := range x {
			wide[i] = float64(v)
		}
		return wide
	}
	return weights{a: read(m.A), b: read(m.B), out: m.Out(), in: m.In(), r: m.Rank, scale: m.Scale}
}

// delta is s·B·A, row by row.
func (w weights) delta() []float64 {
	x := make([]float64, w.out*w.in)
	for i := range w.out {
		for j := range w.in {
			for k := range w.r {
				x[i*w.in+j] += w.scale * w.b[i*w.r+k] * w.a[k*w.in+j]
			}
		}
	}
	return x
}

func inner(x, y []float64) float64 {
	sum := 0.0
	for i := range x {
		sum += x[i] * y[i]
	}
	return sum
}

// trimmedTo keeps the ⌊density·n⌋ elements of the largest magnitude.
func trimmedTo(x []float64, density float64) []float64 {
	sorted := slices.Clone(x)
	slices.SortFunc(sorted, func(a, b float64) int { return int(math.Copysign(1, math.Abs(b)-math.Abs(a))) })
	least := math.Abs(sorted[int(density*float64(len(x)))-1])
	out := make([]float64, len(x))
	for i, v := range x {
		if math.Abs(v) >= least {
			out[i] = v
		}
	}
	return out
}

func near(t *testing.T, what string, got reportpage.Ratio, want float64) {
	t.Helper()
	if !(math.Abs(float64(got)-want) <= 1e-6*max(1, math.Abs(want))) {
		t.Errorf("%s: %v, by hand %v", what, got, want)
	}
}

const tiesStages = `
  python: {load: adapters/python}
  sql: {load: adapters/sql}
  contracts: {load: adapters/contracts}
  trimmed: {trim: [python, sql, contracts], density: 0.5}
  elected: {elect: trimmed}
  merged: {average: elected, over: agreeing, weights: {default: 1, python: 1.5}}
  out: {save: merged, to: out}
`

// TestReportTies compares every figure of a merge of factors with what float64
// arithmetic on the files gives.
func TestReportTies(t *testing.T) {
	dir, data := reported(t, tiesStages)
	if len(data.Modules) != 9 || len(data.Adapters) != 3 || len(data.Notes) > 0 {
		t.Fatalf("%d modules, %d adapters, notes %q", len(data.Modules), len(data.Adapters), data.Notes)
	}
	for _, m := range data.Modules {
		var deltas [][]float64
		for i, a := range data.Adapters {
			w := weightsOf(t, filepath.Join(dir, "adapters", a.Name), m.Name)
			deltas = append(deltas, w.delta())
			was := inner(deltas[i], deltas[i])
			w.a, w.b = trimmedTo(w.a, 0.5), trimmedTo(w.b, 0.5)
			near(t, m.Name+" kept of "+a.Name, keptOf(t, m, a.Name), inner(w.delta(), w.delta())/was)
		}
		compareModule(t, m, deltas, weightsOf(t, filepath.Join(dir, "out"), m.Name).delta())
	}
}

// compareModule compares the figures that inputs and output alone decide.
func compareModule(t *testing.T, m reportpage.Module, deltas [][]float64, merged []float64) {
	t.Helper()
	opposed, sum, size := 0, 0.0, 0.0
	for j := range merged {
		low, high, total := 0.0, 0.0, 0.0
		for _, x := range deltas {
			low, high, total, size = min(low, x[j]), max(high, x[j]), total+x[j], size+math.Abs(x[j])
		}
		sum += math.Abs(total)
		if low < 0 && high > 0 {
			opposed++
		}
	}
	near(t, m.Name+" sign conflict", m.SignConflict, float64(opposed)/float64(len(merged)))
	near(t, m.Name+" cancelled", m.Cancelled, 1-sum/size)
	near(t, m.Name+" norm", reportpage.Ratio(m.Norm), math.Sqrt(inner(merged, merged)))
	total, pairs := 0.0, 0.0
	for i, x := range deltas {
		near(t, fmt.Sprint(m.Name, " share ", i), m.Shares[i], inner(x, merged)/inner(merged, merged))
		near(t, fmt.Sprint(m.Name, " with merged ", i), m.WithMerged[i], inner(x, merged)/math.Sqrt(inner(x, x)*inner(merged, merged)))
		for j, y := range deltas {
			cosine := inner(x, y) / math.Sqrt(inner(x, x)*inner(y, y))
			near(t, fmt.Sprint(m.Name, " cosine ", i, j), m.Cosines[i][j], cosine)
			if i < j {
				total, pairs = total+cosine, pairs+1
			}
		}
	}
	near(t, m.Name+" mean cosine", m.MeanCosine, total/pairs)
	compareSpectrum(t, m, merged)
}

// compareSpectrum uses that the squares beyond every rank sum to what gonum's full
// decomposition leaves there.
func compareSpectrum(t *testing.T, m reportpage.Module, merged []float64) {
	t.Helper()
	x := make([]float32, len(merged))
	for i, v := range merged {
		x[i] = float32(v)
	}
	for r := range m.Spectrum {
		rest := 0.0
		for _, s := range m.Spectrum[r:] {
			rest += s * s
		}
		near(t, fmt.Sprint(m.Name, " spectrum from ", r), reportpage.Ratio(math.Sqrt(rest)), tail(x, m.Out, m.In, r))
	}
}

func keptOf(t *testing.T, m reportpage.Module, adapterName string) reportpage.Ratio {
	t.Helper()
	i := slices.IndexFunc(m.Kept, func(k reportpage.Kept) bool { return k.Adapter == adapterName && k.Stage == "trimmed" })
	if i < 0 {
		t.Fatalf("%s tells nothing of what trim kept of %s: %v", m.Name, adapterName, m.Kept)
	}
	return m.Kept[i].Share
}

// TestReportWhole: the figures over all modules are those of all ΔW as one vector.
func TestReportWhole(t *testing.T) {
	dir, data := reported(t, tiesStages)
	whole := func(folder string) []float64 {
		var all []float64
		for _, m := range data.Modules {
			all = append(all, weightsOf(t, filepath.Join(dir, folder), m.Name).delta()...)
		}
		return all
	}
	merged := whole("out")
	near(t, "norm", reportpage.Ratio(data.Norm), math.Sqrt(inner(merged, merged)))
	for i, a := range data.Adapters {
		x := whole("adapters/" + a.Name)
		near(t, a.Name+" norm", reportpage.Ratio(a.Norm), math.Sqrt(inner(x, x)))
		near(t, a.Name+" share", a.Share, inner(x, merged)/inner(merged, merged))
		near(t, a.Name+" strength", a.Strength, inner(x, merged)/inner(x, x))
		near(t, a.Name+" alignment", a.Alignment, inner(x, merged)/math.Sqrt(inner(x, x)*inner(merged, merged)))
		near(t, a.Name+" norm before", reportpage.Ratio(data.Relation.Adapters[i].Norm), math.Sqrt(inner(x, x)))
		if a.Modules != 9 {
			t.Errorf("%s has %d modules", a.Name, a.Modules)
		}
	}
	for _, p := range data.Relation.Pairs {
		x, y := whole("adapters/"+p.X), whole("adapters/"+p.Y)
		near(t, p.X+" and "+p.Y, p.Cosine.Value, inner(x, y)/math.Sqrt(inner(x, x)*inner(y, y)))
	}
}

// TestReportChanged: figures of inputs that are not the merge's own say so.
func TestReportChanged(t *testing.T) {
	dir, _ := reported(t, tiesStages)
	if err := os.CopyFS(filepath.Join(dir, "new"), os.DirFS(filepath.Join(dir, "adapters", "python"))); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "adapters", "sql")); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, "new"), filepath.Join(dir, "adapters", "sql")); err != nil {
		t.Fatal(err)
	}
	wrong := reportOn(t, dir).Verdict.Wrong
	if len(wrong) == 0 || !strings.Contains(wrong[0], "sql (adapters/sql) has changed since the merge") {
		t.Errorf("%q", wrong)
	}
}
