package merge_test

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/adapter/peft"
	"github.com/loramerge/loramerge/internal/safetensors"
)

// groupedConv is a convolution in two groups, A [r, 3, 2, 2] and B [8, r/2, 1, 1].
func groupedConv(rank int, alpha float64) folder {
	return folder{config: map[string]any{"r": rank, "lora_alpha": alpha, "target_modules": []string{"conv"}}, tensors: []tensor{
		{name: "layers.0.conv.lora_A.weight", dtype: safetensors.F32, shape: []int{rank, 3, 2, 2}},
		{name: "layers.0.conv.lora_B.weight", dtype: safetensors.F32, shape: []int{8, rank / 2, 1, 1}},
	}}
}

// groupDeltas are the ΔW of both groups, [4, 12], in float64.
func groupDeltas(t *testing.T, a *adapter.Adapter) []*mat.Dense {
	t.Helper()
	var out []*mat.Dense
	for _, name := range []string{"layers.0.conv[0/2]", "layers.0.conv[1/2]"} {
		m, ok := a.Find(name)
		if !ok {
			t.Fatalf("%s: no module %q", a.Path, name)
		}
		x, y := make([]float32, m.A.Elements()), make([]float32, m.B.Elements())
		if a.Read(m.A, x) != nil || a.Read(m.B, y) != nil {
			t.Fatal("unreadable")
		}
		delta := mat.NewDense(4, 12, nil)
		for o := range 4 {
			for i := range 12 {
				sum := 0.0
				for k := range m.Rank {
					sum += float64(y[o*m.Rank+k]) * float64(x[k*12+i])
				}
				delta.Set(o, i, m.Scale*sum)
			}
		}
		out = append(out, delta)
	}
	return out
}

// TestGroupedConvolutions: PEFT's lora_B is a convolution in groups as well, so that ΔW of
// each group is s·Bⱼ·Aⱼ. Sums are exact, and a cut is the best of its rank in each group.
func TestGroupedConvolutions(t *testing.T) {
	adapters := map[string]folder{"a": groupedConv(2, 4), "b": groupedConv(4, 6)}
	for line, rank := range map[string]int{
		"m: {concat: [a, b]}": 6, "m: {svd: [a, b], rank: 6}": 6, "m: {svd: [a, b], rank: 8}": 8,
		"m: {svd: [a, b], rank: 2}": 2, "m: {svd: [a, b], rank: 4}": 4,
	} {
		recipe := work(t, adapters, line, `o: {save: m, to: out}`)
		runRecipe(t, recipe)
		out := saved(t, recipe)
		if peft.ConfigOf(out).R != rank || len(peft.ConfigOf(out).TargetModules.Names) != 1 {
			t.Errorf("%s: r %d, target_modules %q", line, peft.ConfigOf(out).R, peft.ConfigOf(out).TargetModules.Names)
		}
		dir := recipe[:len(recipe)-len("recipe.yaml")]
		a, b, got := groupDeltas(t, openAdapter(t, dir+"a")), groupDeltas(t, openAdapter(t, dir+"b")), groupDeltas(t, out)
		for g := range got {
			var want, rest mat.Dense
			want.Add(a[g], b[g])
			var svd mat.SVD
			if !svd.Factorize(&want, mat.SVDNone) {
				t.Fatal("no SVD")
			}
			left := 0.0
			for k, sigma := range svd.Values(nil) {
				if k >= rank/2 {
					left += sigma * sigma
				}
			}
			rest.Sub(got[g], &want)
			size := mat.Norm(&want, 2)
			if lost := mat.Norm(&rest, 2); math.Abs(lost-math.Sqrt(left)) > 1e-6*size {
				t.Errorf("%s: group %d lost %v of %v, and the least is %v", line, g, lost, size, math.Sqrt(left))
			}
		}
	}
}
