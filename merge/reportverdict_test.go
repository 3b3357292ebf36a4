package merge_test

import (
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/loramerge/loramerge/internal/reportpage"
	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/internal/testgen/gen"
	"github.com/loramerge/loramerge/merge/evaluate"
	"github.com/loramerge/loramerge/merge/evaluate/results"
	"github.com/loramerge/loramerge/merge/report"
)

// judged runs stages over eight unrelated adapters of rank 8, of which the first are called a, b and
// c, and not-a, which is −0.98 times a; it reports on what they saved to out.
func judged(t *testing.T, stages string, options report.Options) *report.Report {
	t.Helper()
	dir := t.TempDir()
	for _, name := range strings.Split("abcdefgh", "") {
		spec := gen.Spec{Name: name, Base: "tiny", Modules: gen.Tiny(), Rank: 8, Alpha: 8, DType: safetensors.F32}
		if err := gen.Write(filepath.Join(dir, name), spec); err != nil {
			t.Fatal(err)
		}
	}
	for file, text := range map[string]string{
		"opposite.yaml": "version: 1\nstages: {a: {load: a}, turned: {scale: a, by: -0.98}, out: {save: turned, to: not-a}}\n",
		"recipe.yaml":   "version: 1\nstages:\n  in: {load: {a: a, b: b, c: c}}\n" + stages + "\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	runRecipe(t, filepath.Join(dir, "opposite.yaml"))
	runRecipe(t, filepath.Join(dir, "recipe.yaml"))
	data, err := report.Make(t.Context(), filepath.Join(dir, "out"), "", options)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestVerdicts: of merges whose fault is known, the page says that fault and no other. The
// figures follow from the weights: unrelated adapters of one size have wₜ/√Σw² of the sum, times √s if a
// cut keeps the share s of ‖ΔW‖².
func TestVerdicts(t *testing.T) {
	for _, c := range []struct {
		name, stages, sentence string
		wrong                  []string // how they begin
	}{
		{"fine", "  m: {svd: in, norm: inputs, rank: 24}\n  out: {save: m, to: out}",
			"The merge keeps a (alignment 0.58), b (0.58) and c (0.58).", nil},
		{"one lost", "  m: {svd: in, weights: {a: 1, b: 1, c: 0.05}, norm: inputs, rank: 24}\n  out: {save: m, to: out}",
			"The merge keeps a (alignment 0.71) and b (0.71), and has lost c (alignment 0.04).", nil},
		{"one weak", "  m: {svd: in, weights: {a: 1, b: 1, c: 0.4}, norm: inputs, rank: 24}\n  out: {save: m, to: out}",
			"The merge keeps a (alignment 0.68) and b (0.68), and has little left of c (alignment 0.27).", nil},
		{"one opposed", "  m: {svd: in, weights: {a: 1, b: 0.05, c: -1}, norm: inputs, rank: 24}\n  out: {save: m, to: out}",
			"The merge keeps a (alignment 0.71), has lost b (alignment 0.04), and works against c (alignment -0.71).", nil},
		{"one ten times another", "  m: {svd: in, weights: {a: 10, b: 1, c: 1}, norm: inputs, rank: 24}\n  out: {save: m, to: out}",
			"The merge keeps a (alignment 0.99), and has lost b (alignment 0.10) and c (0.10).", nil},
		{"cancelled", "  minus: {load: not-a}\n  m: {svd: [in.a, minus], rank: 8}\n  out: {save: m, to: out}",
			"The adapters cancel each other: what is left of them in the merge is mostly noise.", nil},
		{"zero", "  again: {load: {a2: a}}\n  m: {concat: [in.a, again], weights: {a: 1, a2: -1}}\n  out: {save: m, to: out}",
			"The merge is zero: it has nothing of its adapters.", nil},
		{"tripled", "  m: {svd: in, norm: inputs, rank: 24}\n  big: {scale: m, by: 3}\n  out: {save: big, to: out}",
			"The merge keeps a (alignment 0.58), b (0.58) and c (0.58).", []string{"The result is large"}},
		{"eight averaged", "  more: {load: {d: d, e: e, f: f, g: g, h: h}}\n  m: {svd: [in, more], norm: inputs, rank: 64}\n  small: {scale: m, by: 0.45}\n  out: {save: small, to: out}",
			"The merge keeps a (alignment 0.35), b (0.35), c (0.35), d (0.35), e (0.35) and 3 others.", []string{"The result is small"}},
		{"truncated", "  m: {svd: in, norm: inputs, rank: 8}\n  out: {save: m, to: out}",
			"The merge keeps a (alignment 0.53), b (0.53) and c (0.53).", []string{"The cut to a rank at \"m\" leaves out"}},
		{"alone", "  half: {scale: in.a, by: 0.49}\n  out: {save: half, to: out}",
			"The merge is a, at 0.49 times its size.", []string{"The result is small"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := judged(t, c.stages, report.Options{}).Verdict
			if !sameWords(got.Sentence, c.sentence) {
				t.Errorf("%s\nexpected\n%s", got.Sentence, c.sentence)
			}
			if len(got.Wrong) != len(c.wrong) {
				t.Fatalf("wrong: %q, expected %q", got.Wrong, c.wrong)
			}
			for i := range c.wrong {
				if !strings.HasPrefix(got.Wrong[i], c.wrong[i]) {
					t.Errorf("%q, expected %q", got.Wrong[i], c.wrong[i])
				}
			}
		})
	}
}

// figures are those of a sentence.
var figures = regexp.MustCompile(`-?\d\.\d\d`)

// sameWords reports whether two sentences have the same words, and figures that are near: adapters
// that are drawn at random are not wholly unrelated.
func sameWords(a, b string) bool {
	const apart = 0.04
	x, y := figures.FindAllString(a, -1), figures.FindAllString(b, -1)
	if figures.ReplaceAllString(a, "#") != figures.ReplaceAllString(b, "#") {
		return false
	}
	for i := range x {
		p, _ := strconv.ParseFloat(x[i], 64)
		q, _ := strconv.ParseFloat(y[i], 64)
		if math.Abs(p-q) > apart {
			return false
		}
	}
	return true
}

// TestVerdictOnScores: a task that got worse than the base model is named, and the adapters have
// what is recovered of their tasks.
func TestVerdictOnScores(t *testing.T) {
	worse := &evaluate.Figure{Value: 0.2, SE: 0.05, Bounds: &evaluate.Bounds{Lower: 0.1, Upper: 0.3}}
	unclear := &evaluate.Figure{Value: 0.2, SE: 0.5, Bounds: &evaluate.Bounds{Lower: -0.6, Upper: 1}}
	scores := &evaluate.Judgement{Confidence: 0.95,
		Tasks: []*evaluate.Task{{Name: "python", Metric: "bpb", Direction: results.Minimize, Expert: "a"}, {Name: "sql", Metric: "bpb", Direction: results.Minimize}, {Name: "law", Metric: "acc", Direction: results.Maximize}},
		Candidates: []*evaluate.Candidate{{Name: "m", Results: []*evaluate.Result{
			{Task: "python", Change: worse, Recovered: &evaluate.Figure{Value: 0.5}}, {Task: "sql", Change: unclear}, {Task: "law", Change: worse}}}},
	}
	data := judged(t, "  m: {svd: in, norm: inputs, rank: 24}\n  out: {save: m, to: out}", report.Options{Scores: []*evaluate.Judgement{scores}})
	if got := data.Verdict.Wrong; len(got) != 1 || !strings.HasPrefix(got[0], "The merge is worse at python than the base model alone: bpb by +0.2") {
		t.Errorf("%q", got)
	}
	if got := []string{data.Adapters[0].Recovered, data.Adapters[1].Recovered}; !slices.Equal(got, []string{"50 %", ""}) {
		t.Errorf("%q", got)
	}
}

// TestReportAdapters: what the cut kept is by the singular vectors of the merged ΔW, in float64;
// conflict is counted element by element; the baselines are merged here by hand.
func TestReportAdapters(t *testing.T) {
	dir, data := reported(t, "  python: {load: adapters/python}\n  sql: {load: adapters/sql}\n  contracts: {load: adapters/contracts}\n"+
		"  m: {svd: [python, sql, contracts], rank: 5}\n  out: {save: m, to: out}\n")
	n := len(data.Adapters)
	kept, own, against, signed := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	var sums []float64
	all := make([][]float64, n)
	for _, m := range data.Modules {
		merged := weightsOf(t, filepath.Join(dir, "out"), m.Name)
		var svd mat.SVD
		if !svd.Factorize(mat.NewDense(merged.out, merged.in, merged.delta()), mat.SVDThin) {
			t.Fatal("no decomposition")
		}
		var u, v mat.Dense
		svd.UTo(&u)
		svd.VTo(&v)
		sum, deltas := make([]float64, merged.out*merged.in), make([][]float64, n)
		for i, a := range data.Adapters {
			deltas[i] = weightsOf(t, filepath.Join(dir, "adapters", a.Name), m.Name).delta()
			all[i] = append(all[i], deltas[i]...)
			for k, x := range deltas[i] {
				sum[k] += x
			}
		}
		sums = append(sums, sum...)
		for i := range n {
			var left, both mat.Dense
			left.Mul(u.Slice(0, merged.out, 0, merged.r).T(), mat.NewDense(merged.out, merged.in, deltas[i]))
			both.Mul(&left, v.Slice(0, merged.in, 0, merged.r))
			kept[i] += math.Pow(mat.Norm(&both, 2), 2)
			own[i] += inner(deltas[i], deltas[i])
			for k, x := range deltas[i] {
				if others := sum[k] - x; x != 0 && others != 0 {
					signed[i]++
					if (x < 0) != (others < 0) {
						against[i]++
					}
				}
			}
		}
	}
	for i, a := range data.Adapters {
		near(t, a.Name+" kept by the cut", a.KeptByCut, kept[i]/own[i])
		if math.Abs(float64(a.Conflict)-against[i]/signed[i]) > 1/signed[i] { // an element may be 0 but for rounding
			t.Errorf("%s conflict: %v, by hand %v", a.Name, a.Conflict, against[i]/signed[i])
		}
		near(t, a.Name+" alignment of the mean", data.Baselines[0].Alignments[i], inner(all[i], sums)/math.Sqrt(own[i]*inner(sums, sums)))
		near(t, a.Name+" strength in the mean", data.Baselines[0].Strengths[i], inner(all[i], sums)/own[i]/float64(n))
	}
	near(t, "norm of the mean", reportpage.Ratio(data.Baselines[0].Norm), math.Sqrt(inner(sums, sums))/float64(n))
}

// TestReportUncut: a merge that was not cut keeps all of every adapter, whose factors lie side by
// side in it and are orthogonal to nothing.
func TestReportUncut(t *testing.T) {
	for _, rank := range []string{"24", "40"} {
		_, data := reported(t, "  in: {load: {python: adapters/python, sql: adapters/sql}}\n  d: {delta: in}\n  s: {sum: d}\n  m: {factor: s, rank: "+rank+"}\n  out: {save: m, to: out}\n")
		for _, a := range data.Adapters {
			near(t, "rank "+rank+": "+a.Name+" kept by the cut", a.KeptByCut, 1)
		}
	}
}
