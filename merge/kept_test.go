package merge_test

import (
	"math"
	"path/filepath"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/merge/run"
)

// TestKeptByCut: of each adapter's own ΔW, a cut keeps what lies in the spaces of the leading
// singular vectors of the merge, here from SVDs of dense deltas in float64 by another
// library; the adapter of which it keeps least comes first.
func TestKeptByCut(t *testing.T) {
	for space, lines := range map[string][]string{
		"delta":   {"d: {delta: [a, b]}", "s: {sum: d, weights: {a: 1, b: 0.2}, norm: inputs}"},
		"core":    {"d: {core: [a, b]}", "s: {sum: d, weights: {a: 1, b: 0.2}}"},
		"trimmed": {"d: {delta: [a, b]}", "t: {trim: d, density: 0.9}", "s: {sum: t, weights: {a: 1, b: 0.2}}"},
	} {
		t.Run(space, func(t *testing.T) {
			inputs := map[string]folder{"a": plain(4, 8, safetensors.F32), "b": plain(4, 8, safetensors.BF16)}
			recipe := work(t, inputs, append(lines, "m: {factor: s, rank: 2}", "o: {save: m, to: out}")...)
			dir := filepath.Dir(recipe)
			result, err := runWith(t, recipe, run.Options{Measure: run.MeasureAll})
			if err != nil {
				t.Fatal(err)
			}
			out := openedEffects(t, filepath.Join(dir, "out"))
			want := make(map[string]float64)
			for name := range inputs {
				kept, own := 0.0, 0.0
				for module, w := range openedEffects(t, filepath.Join(dir, name)) {
					kept += inSpacesOf(out[module], w)
					own += math.Pow(mat.Norm(w, 2), 2)
				}
				want[name] = kept / own
			}
			for _, d := range result.Deviations {
				if d.Stage != "m" {
					continue
				}
				if len(d.Kept) != 2 || d.Kept[0].Share > d.Kept[1].Share {
					t.Fatalf("kept %+v", d.Kept)
				}
				for _, k := range d.Kept {
					if math.Abs(k.Share-want[k.Adapter]) > 1e-4 {
						t.Errorf("%s: %v, want %v", k.Adapter, k.Share, want[k.Adapter])
					}
				}
				return
			}
			t.Error("nothing was said of the cut")
		})
	}
}

func openedEffects(t *testing.T, path string) map[string]*mat.Dense {
	t.Helper()
	opened := openAdapter(t, path)
	out := make(map[string]*mat.Dense)
	for module, w := range effects(t, opened) {
		m, _ := opened.Find(module)
		wide := make([]float64, len(w))
		for i, x := range w {
			wide[i] = float64(x)
		}
		out[module] = mat.NewDense(m.Out(), m.In(), wide)
	}
	return out
}

// inSpacesOf is ‖Uᵀ·w·V‖² for the two leading singular vectors of cut.
func inSpacesOf(cut, w *mat.Dense) float64 {
	var svd mat.SVD
	if !svd.Factorize(cut, mat.SVDThin) {
		panic("no SVD")
	}
	var u, v, product mat.Dense
	svd.UTo(&u)
	svd.VTo(&v)
	rows, _ := u.Dims()
	columns, _ := v.Dims()
	product.Product(u.Slice(0, rows, 0, 2).T(), w, v.Slice(0, columns, 0, 2))
	return math.Pow(mat.Norm(&product, 2), 2)
}
