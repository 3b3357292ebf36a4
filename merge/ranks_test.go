package merge_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/loramerge/loramerge/adapter/peft"
	"github.com/loramerge/loramerge/merge/run"
)

// TestChosenRanks: ranks that energy or budget chose stand in the configuration so
// that PEFT's lookup finds the very rank and a scale of 1 for each module.
func TestChosenRanks(t *testing.T) {
	for _, params := range []string{"energy: 0.8", "energy: 0.9999, max-rank: 8", "budget: 3", `energy: {default: 0.5, modules: {"*.down_proj": 0.99}}`} {
		recipe := work(t, mixed(), "d: {delta: [a, b, c]}", "s: {sum: d, missing: zero}", "m: {factor: s, "+params+"}", "o: {save: m, to: out, dtype: float32}")
		result := runRecipe(t, recipe)
		out := saved(t, recipe) // which checks rank and pattern of every module
		ranks, most := make(map[int]bool), 0
		for _, m := range out.Modules {
			ranks[m.Rank], most = true, max(most, m.Rank)
			if m.Scale != 1 {
				t.Errorf("%s: %q has the scale %v", params, m.Name, m.Scale)
			}
			if r, ok := peft.ConfigOf(out).RankPattern.Lookup(m.Name); ok && int(r) != m.Rank || !ok && peft.ConfigOf(out).R != m.Rank {
				t.Errorf("%s: the pattern gives %q rank %v (%v), its tensors have %d; r is %d", params, m.Name, r, ok, m.Rank, peft.ConfigOf(out).R)
			}
		}
		if peft.ConfigOf(out).R != most || peft.ConfigOf(out).Alpha != float64(most) {
			t.Errorf("%s: r is %d and α %v, the largest rank %d", params, peft.ConfigOf(out).R, peft.ConfigOf(out).Alpha, most)
		}
		if len(ranks) < 2 {
			t.Errorf("%s: all modules have one rank, so the patterns are not tested", params)
		}
		checkTruncation(t, recipe, params, result)
	}
}

// checkTruncation compares what the run reports with the tail of the singular values
// of the exact sum, by gonum's full decomposition.
func checkTruncation(t *testing.T, recipe, params string, result *run.Result) {
	t.Helper()
	var lost, norm float64
	out := saved(t, recipe)
	exact := combineEffects(t, recipe, map[string]float64{"a": 1, "b": 1, "c": 1})
	errors := make(map[string]float64)
	for _, m := range out.Modules {
		least := tail(exact[m.Name], m.Out(), m.In(), m.Rank)
		size := distance(exact[m.Name], make([]float32, len(exact[m.Name])))
		lost, norm = lost+least*least, norm+size*size
		errors[m.Name] = least / size
	}
	if len(result.Deviations) != 1 || result.Deviations[0].Stage != "m" || !nearly(result.Deviations[0].Error, math.Sqrt(lost/norm), 1e-5) {
		t.Fatalf("%s: reported is %+v, want an error of %g", params, result.Deviations, math.Sqrt(lost/norm))
	}
	worst := math.Inf(1)
	for _, m := range result.Deviations[0].Modules {
		if !nearly(m.Error, errors[m.Module], 1e-5) || m.Error > worst {
			t.Errorf("%s: %q has lost %g, reported is %g; the one before has %g", params, m.Module, errors[m.Module], m.Error, worst)
		}
		worst = m.Error
	}
}

// nearly allows for what float32 inputs leave of a figure.
func nearly(got, want, tolerance float64) bool { return math.Abs(got-want) <= tolerance*want+1e-6 }

// TestCrossTermsReported: after a combination in the space factors the run says how
// far s·B·A is from the same combination of the ΔWs.
func TestCrossTermsReported(t *testing.T) {
	for line, weights := range map[string]map[string]float64{
		"m: {average: [a, b], weights: {a: 1, b: 3}}":              {"a": 0.25, "b": 0.75},
		"m: {sum: [a, b]}":                                         {"a": 1, "b": 1},
		"m: {linear: [a, b], like: peft, weights: {a: 0.5, b: 2}}": {"a": 0.5, "b": 2},
	} {
		recipe := work(t, alike(), line, "o: {save: m, to: out, dtype: float32}")
		result := runRecipe(t, recipe)
		got := effects(t, saved(t, recipe))
		var lost, norm float64
		for module, x := range combineEffects(t, recipe, weights) {
			lost += math.Pow(distance(got[module], x), 2)
			norm += math.Pow(distance(x, make([]float32, len(x))), 2)
		}
		if len(result.Deviations) != 1 || !nearly(result.Deviations[0].Error, math.Sqrt(lost/norm), 1e-5) {
			t.Errorf("%s: %s, want %g", line, fmt.Sprintf("%+v", result.Deviations), math.Sqrt(lost/norm))
		}
	}
}
