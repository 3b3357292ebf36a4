package merge_test

import (
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/merge/run"
	"github.com/loramerge/loramerge/stages"
)

// tiesOf is TIES in float64 (arXiv:2306.01708) on the tensors of several adapters: the
// ⌊density·n⌋ elements of the largest magnitude stay; the sign of the sum of what stays is
// elected; Σ wᵢ·xᵢ over those of that sign, divided by their number.
func tiesOf(xs [][]float64, densities, weights []float64) []float64 {
	kept := make([][]float64, len(xs))
	for i, x := range xs {
		magnitudes := make([]float64, len(x))
		for j, v := range x {
			magnitudes[j] = math.Abs(v)
		}
		slices.Sort(magnitudes)
		threshold := magnitudes[len(x)-int(densities[i]*float64(len(x)))]
		kept[i] = make([]float64, len(x))
		for j, v := range x {
			if math.Abs(v) >= threshold {
				kept[i][j] = v
			}
		}
	}
	out := make([]float64, len(xs[0]))
	for j := range out {
		vote, sum, count := 0.0, 0.0, 0.0
		for i := range kept {
			vote += kept[i][j]
		}
		for i := range kept {
			if kept[i][j]*vote > 0 {
				sum, count = sum+weights[i]*kept[i][j], count+1
			}
		}
		if count > 0 {
			out[j] = sum / count
		}
	}
	return out
}

// TestStepsApart: with everything measured, TIES on A and B apart is compared with the same
// steps on ΔW, computed here in float64 from the files.
func TestStepsApart(t *testing.T) {
	one := []float64{1, 1}
	for name, c := range map[string]struct {
		lines              []string
		alpha              float64 // of b; that of a is 8
		densities, weights []float64
		steps              string
		redrawn            bool
	}{
		"ties":         {[]string{"m: {ties: [a, b], density: 0.5}"}, 8, []float64{0.5, 0.5}, one, "trim elect average", false},
		"weights":      {[]string{"m: {ties: [a, b], density: {a: 0.3, b: 0.7}, weights: {a: 2, b: 0.5}}"}, 8, []float64{0.3, 0.7}, []float64{2, 0.5}, "trim elect average", false},
		"peft":         {[]string{"m: {ties: [a, b], density: 0.5, like: peft, weights: {a: 2, b: 0.5}}"}, 16, []float64{0.5, 0.5}, []float64{2, 0.5}, "trim elect average", false},
		"dare-ties":    {[]string{"m: {dare-ties: [a, b], density: 1}"}, 8, []float64{1, 1}, one, "dare-drop elect average", true},
		"stages apart": {[]string{"x: {trim: a, density: 0.5}", "y: {select: x, include: '*_proj'}", "e: {elect: [y, b]}", "m: {average: e, over: agreeing}"}, 8, []float64{0.5, 1}, one, "trim select elect average", false},
		"one only":     {[]string{"x: {trim: a, density: 0.5}", "y: {rank: [x, b], to: 6}", "e: {elect: y}", "m: {average: e, over: agreeing}"}, 8, nil, one, "elect average", false},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := plain(4, 8, safetensors.F32), plain(4, c.alpha, safetensors.F32)
			recipe := work(t, map[string]folder{"a": a, "b": b}, append(c.lines, "o: {save: m, to: out}")...)
			result, err := runWith(t, recipe, run.Options{Measure: run.MeasureAll})
			if err != nil {
				t.Fatal(err)
			}
			if len(result.Deviations) != 1 {
				t.Fatalf("%+v", result.Deviations)
			}
			got := result.Deviations[0]
			if got.Kind != stages.Steps || got.Stage != "m" || strings.Join(got.Steps, " ") != c.steps || got.Redrawn != c.redrawn {
				t.Errorf("%+v", got)
			}
			if len(got.Modules) != 6 {
				t.Fatalf("%d modules", len(got.Modules))
			}
			dir := filepath.Dir(recipe)
			adapters, made := []*factored{readFactored(t, filepath.Join(dir, "a")), readFactored(t, filepath.Join(dir, "b"))}, readFactored(t, filepath.Join(dir, "out"))
			if c.densities == nil {
				trimmed(adapters[0], 0.5)
				c.densities = one
			}
			lost, norm := 0.0, 0.0
			for _, m := range got.Modules {
				var xs [][]float64
				for _, from := range append(adapters, made) {
					var product mat.Dense
					product.Mul(from.modules[m.Module][0], from.modules[m.Module][1])
					xs = append(xs, product.RawMatrix().Data)
				}
				lostHere, normHere := 0.0, 0.0
				for j, want := range tiesOf(xs[:2], c.densities, c.weights) {
					lostHere += (xs[2][j] - want) * (xs[2][j] - want)
					normHere += want * want
				}
				if want := math.Sqrt(lostHere / normHere); math.Abs(m.Error-want) > 1e-5*want {
					t.Errorf("%s: %v, want %v", m.Module, m.Error, want)
				}
				lost, norm = lost+lostHere, norm+normHere
			}
			if want := math.Sqrt(lost / norm); math.Abs(got.Error-want) > 1e-5*want || want < 0.1 {
				t.Errorf("%v, want %v", got.Error, want)
			}
		})
	}
}

// trimmed keeps of A and of B, apart, a share of the elements.
func trimmed(f *factored, density float64) {
	for _, p := range f.modules {
		for _, x := range p {
			data := x.RawMatrix().Data
			copy(data, tiesOf([][]float64{data}, []float64{density}, []float64{1}))
		}
	}
}

// TestStepsNotAsked: without --measure all nothing is compared, and no stage is told of that
// the recipe has not.
func TestStepsNotAsked(t *testing.T) {
	recipe := work(t, alike(), "m: {ties: [a, b], density: 0.5, scope: adapter}", "o: {save: m, to: out}")
	for _, measure := range []run.Measure{run.MeasureCheap, run.MeasureNone, run.MeasureAll} {
		result, err := runForced(t, recipe, run.Options{Measure: measure, Lock: run.LockUpdate}, true)
		if err != nil {
			t.Fatal(err)
		}
		if result.UpToDate {
			t.Fatal("nothing was done")
		}
		if want := map[bool]int{true: 1}[measure == run.MeasureAll]; len(result.Deviations) != want {
			t.Errorf("measure %d: %+v", measure, result.Deviations)
		}
		if len(result.Stages) != 7 || len(result.Sizes) != map[bool]int{false: 1}[measure == run.MeasureNone] {
			t.Errorf("measure %d: %d stages, %d sizes: %+v", measure, len(result.Stages), len(result.Sizes), result.Stages)
		}
	}
}
