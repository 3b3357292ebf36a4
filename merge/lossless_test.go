package merge_test

import (
	"math"
	"testing"

	"github.com/loramerge/loramerge/internal/safetensors"
)

// mixed are adapters that nothing but ΔW makes comparable: ranks, alphas, rsLoRA,
// patterns, dtypes, sets of modules; linear, conv and embedding pairs.
func mixed() map[string]folder {
	conv := func(f folder, rank int) folder {
		f.tensors = append(f.tensors, tensor{name: "model.conv.lora_A.weight", dtype: safetensors.F32, shape: []int{rank, 4, 3, 3}},
			tensor{name: "model.conv.lora_B.weight", dtype: safetensors.F32, shape: []int{6, rank, 1, 1}},
			tensor{name: "model.wte.lora_embedding_A", dtype: safetensors.F32, shape: []int{rank, 30}},
			tensor{name: "model.wte.lora_embedding_B", dtype: safetensors.F32, shape: []int{10, rank}})
		return f
	}
	a, b, c := conv(plain(4, 8, safetensors.F32), 4), conv(plain(2, 16, safetensors.BF16), 2), conv(plain(3, 5, safetensors.F64), 3)
	b.config["use_rslora"] = true
	c.config["alpha_pattern"] = map[string]float64{"layers.1.q_proj": 9, "wte": 1}
	c.tensors = c.tensors[2:] // model.layers.0.q_proj is not among its modules
	return map[string]folder{"a": a, "b": b, "c": c}
}

// combineEffects is Σ wᵢ·ΔWᵢ of the inputs, element by element in float64.
func combineEffects(t *testing.T, recipe string, weights map[string]float64) map[string][]float32 {
	t.Helper()
	sums := make(map[string][]float64)
	for name, w := range weights {
		for module, x := range inputEffects(t, recipe, name) {
			if sums[module] == nil {
				sums[module] = make([]float64, len(x))
			}
			for i, v := range x {
				sums[module][i] += w * float64(v)
			}
		}
	}
	out := make(map[string][]float32)
	for module, sum := range sums {
		for _, v := range sum {
			out[module] = append(out[module], float32(v))
		}
	}
	return out
}

// compareEffects compares what was saved with ΔWs, module by module.
func compareEffects(t *testing.T, recipe string, want map[string][]float32, tolerance float64) {
	t.Helper()
	got := effects(t, saved(t, recipe))
	if len(got) != len(want) {
		t.Errorf("%d modules, want %d", len(got), len(want))
	}
	for module, x := range want {
		if e := relativeError(got[module], x); !(e <= tolerance) {
			t.Errorf("%s: ΔW is off by %g", module, e)
		}
	}
}

// TestLossless: what is exact in the space delta is exact in the file, whatever the
// inputs' ranks, alphas, patterns, dtypes and modules.
func TestLossless(t *testing.T) {
	weights := map[string]float64{"a": 0.5, "b": -0.3, "c": 2}
	const table = "weights: {a: 0.5, b: -0.3, c: 2}, missing: zero"
	for name, lines := range map[string][]string{
		"concat":             {"m: {concat: [a, b, c], " + table + "}"},
		"sum":                {"d: {delta: [a, b, c]}", "s: {sum: d, " + table + "}", "m: {factor: s, rank: 9}"},
		"sum, padded":        {"d: {delta: [a, b, c]}", "s: {sum: d, " + table + "}", "m: {factor: s, rank: 12}"},
		"sum, all energy":    {"d: {delta: [a, b, c]}", "s: {sum: d, " + table + "}", "m: {factor: s, energy: 1}"},
		"sum, own budget":    {"d: {delta: [a, b, c]}", "s: {sum: d, " + table + "}", "m: {factor: s, budget: 9}"},
		"svd":                {"m: {svd: [a, b, c], rank: 9, " + table + "}"},
		"sum of dense":       {"d: {delta: [a, b, c]}", "w: {trim: d, density: 1}", "s: {sum: w, " + table + "}", "m: {factor: s, rank: 9}"},
		"one dense, one not": {"d: {delta: [a, b, c]}", "w: {trim: d.a, density: 1}", "s: {sum: [w, d.b, d.c], " + table + "}", "m: {factor: s, rank: 9}"},
	} {
		t.Run(name, func(t *testing.T) {
			recipe := work(t, mixed(), append(lines, "o: {save: m, to: out, dtype: float32}")...)
			runRecipe(t, recipe)
			compareEffects(t, recipe, combineEffects(t, recipe, weights), 1e-6)
		})
	}
}

// TestDeltaAndBack: delta and factor at full rank give back every ΔW.
func TestDeltaAndBack(t *testing.T) {
	recipe := work(t, mixed(), "d: {delta: c}", "m: {factor: d, rank: 3}", "o: {save: m, to: out, dtype: float32}")
	runRecipe(t, recipe)
	compareEffects(t, recipe, inputEffects(t, recipe, "c"), 1e-6)
}

// TestSlerpOfEffects: slerp through r×r Gram matrices equals the dense computation.
func TestSlerpOfEffects(t *testing.T) {
	recipe := work(t, mixed(), "d: {delta: [a, b]}", "s: {slerp: d, t: 0.3}", "m: {factor: s, rank: 6}", "o: {save: m, to: out, dtype: float32}")
	runRecipe(t, recipe)
	want, y := inputEffects(t, recipe, "a"), inputEffects(t, recipe, "b")
	for module, x := range want {
		zero := make([]float32, len(x))
		product := 0.0
		for i := range x {
			product += float64(x[i]) * float64(y[module][i])
		}
		theta := math.Acos(product / distance(x, zero) / distance(y[module], zero))
		for i := range x {
			x[i] = float32(math.Sin(0.7*theta)/math.Sin(theta)*float64(x[i]) + math.Sin(0.3*theta)/math.Sin(theta)*float64(y[module][i]))
		}
	}
	compareEffects(t, recipe, want, 1e-5)
}
