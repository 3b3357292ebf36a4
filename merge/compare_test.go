package merge_test

import (
	"math"
	"path/filepath"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/merge/compare"
)

func compareFolders(t *testing.T, a, b folder) (*compare.Comparison, *adapter.Adapter, *adapter.Adapter) {
	t.Helper()
	dir := t.TempDir()
	a.write(t, filepath.Join(dir, "a"))
	b.write(t, filepath.Join(dir, "b"))
	x, y := openAdapter(t, filepath.Join(dir, "a")), openAdapter(t, filepath.Join(dir, "b"))
	c, err := compare.Adapters(t.Context(), x, y)
	if err != nil {
		t.Fatal(err)
	}
	return c, x, y
}

// apart is what a comparison should find, computed element by element.
func apart(x, y []float32) compare.Difference {
	var normX, normY, inner, squares, opposite float64
	for i := range x {
		a, b := float64(x[i]), float64(y[i])
		normX, normY, inner, squares = normX+a*a, normY+b*b, inner+a*b, squares+(a-b)*(a-b)
		if a*b < 0 {
			opposite++
		}
	}
	return compare.Difference{Cosine: inner / math.Sqrt(normX*normY), Distance: math.Sqrt(squares / normX), Opposite: opposite / float64(len(x))}
}

func checkApart(t *testing.T, what string, got, want compare.Difference) {
	t.Helper()
	if math.Abs(got.Cosine-want.Cosine) > 1e-6 || math.Abs(got.Distance-want.Distance) > 1e-6*want.Distance || got.Opposite != want.Opposite {
		t.Errorf("%s: %+v, want %+v", what, got, want)
	}
}

// TestCompareAdapters: cosine, distance and opposite signs are those of the dense ΔW,
// whatever the ranks, scales and dtypes.
func TestCompareAdapters(t *testing.T) {
	whole := func(f folder, x ...float32) folder {
		return f.with("score.weight", safetensors.F32, []int{1, 3}, x...)
	}
	for name, c := range map[string][2]folder{
		"scales": {plain(4, 8, safetensors.F32), plain(2, -6, safetensors.BF16)},
		"wholes": {whole(plain(3, 3, safetensors.F16), 1, -2, 0), whole(plain(3, 3, safetensors.F64), 1, 2, 3)},
	} {
		got, a, b := compareFolders(t, c[0], c[1])
		x, y := effects(t, a), effects(t, b)
		var allX, allY []float32
		if m, ok := a.Find("score.weight"); ok {
			x[m.Name], y[m.Name] = []float32{1, -2, 0}, []float32{1, 2, 3}
		}
		for i, m := range got.Modules {
			checkApart(t, name+" "+m.Module, m.Difference, apart(x[m.Module], y[m.Module]))
			if i > 0 && m.Distance > got.Modules[i-1].Distance {
				t.Errorf("%s: %s differs more than the one before it", name, m.Module)
			}
			allX, allY = append(allX, x[m.Module]...), append(allY, y[m.Module]...)
		}
		if len(got.Modules) != len(x) || len(got.OnlyA)+len(got.OnlyB)+len(got.Unlike) > 0 {
			t.Errorf("%s: %d modules of %d: %+v", name, len(got.Modules), len(x), got)
		}
		checkApart(t, name, *got.Total, apart(allX, allY))
	}
}

// TestCompareSame: an adapter is at no distance from itself, a zero one has no direction.
func TestCompareSame(t *testing.T) {
	zero := folder{config: map[string]any{"r": 1, "lora_alpha": 1}, tensors: pair("q", safetensors.F32, 2, 2, 1)}
	one := folder{config: zero.config, tensors: pair("q", safetensors.F32, 2, 2, 1)}
	for i := range 2 {
		zero.tensors[i].data, one.tensors[i].data = []float32{0, 0}, []float32{1, 2}
	}
	for _, c := range []struct {
		a, b folder
		want compare.Difference
	}{
		{one, one, compare.Difference{Cosine: 1}},
		{zero, zero, compare.Difference{}},
		{one, zero, compare.Difference{Distance: 1}},
		{zero, one, compare.Difference{Distance: 1}},
	} {
		if got, _, _ := compareFolders(t, c.a, c.b); *got.Total != c.want {
			t.Errorf("%+v, want %+v", got.Total, c.want)
		}
	}
}

// TestCompareLargeRows: blocks of rows add up to the whole: 1200 rows of 2000 are three.
func TestCompareLargeRows(t *testing.T) {
	f := folder{config: map[string]any{"r": 2, "lora_alpha": 2}, tensors: pair("q", safetensors.F32, 1200, 2000, 2)}
	got, a, b := compareFolders(t, f, f)
	checkApart(t, "q", *got.Total, apart(effects(t, a)["q"], effects(t, b)["q"]))
}

// TestCompareUnlike: what can't be compared is listed.
func TestCompareUnlike(t *testing.T) {
	a := plain(2, 2, safetensors.F32).with("score.weight", safetensors.F32, []int{1, 3})
	b := folder{config: a.config, tensors: pair("model.layers.0.q_proj", safetensors.F32, 23, 16, 2)}.with("extra.weight", safetensors.I64, []int{2})
	got, _, _ := compareFolders(t, a, b)
	if len(got.Modules) != 0 || len(got.OnlyA) != 6 || len(got.OnlyB) != 1 || len(got.Unlike) != 1 || got.Unlike[0] != "model.layers.0.q_proj" {
		t.Errorf("%+v", got)
	}
}
