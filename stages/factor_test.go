package stages_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"
)

// spectrum is all singular values of ΔW [out, in], by gonum's full decomposition.
func spectrum(f flow, member int, module string) []float64 {
	m, _ := f.Members[member].Find(module)
	var svd mat.SVD
	if !svd.Factorize(mat.NewDense(m.Out(), m.In(), effect(f, member, module)), mat.SVDNone) {
		return nil
	}
	return svd.Values(nil)
}

// tail is √Σσ² beyond a rank: the least error there is (Eckart and Young 1936).
func tail(s []float64, rank int) float64 { return norm(s[min(rank, len(s)):]) }

// TestOptimal: factor, svd and a truncating rank lose no more than they must; of a
// product to 1e-6 of the optimum, of a dense delta to 0.1 %.
func TestOptimal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawMixed(t, 1)
		rank := rapid.IntRange(1, 12).Draw(t, "to")
		for line, slack := range map[string]float64{
			"m: {svd: a, rank: %d}":                                                 1e-6,
			"m: {rank: a, to: %d, how: truncate}":                                   1e-6,
			"d: {delta: a}\n  m: {factor: d, rank: %d}":                             1e-6,
			"x: {delta: a}\n  w: {trim: x, density: 1}\n  m: {factor: w, rank: %d}": 1e-3,
		} {
			out := play(t, d.flows, fmt.Sprintf(line, rank))
			for _, module := range out.Union() {
				want, best := effect(d.flows["a"], 0, module), tail(spectrum(d.flows["a"], 0, module), rank)
				lost := norm(combined([][]float64{effect(out, 0, module), want}, 1, -1))
				if lost > (1+slack)*best+1e-6*norm(want) {
					t.Errorf("%s, rank %d of %s: %g lost, %g is the least", line, rank, module, lost, best)
				}
				if m, _ := out.Members[0].Find(module); m.Rank != rank {
					t.Errorf("%s: rank %d, want %d", line, m.Rank, rank)
				}
			}
		}
	})
}

// TestEnergy: the smallest rank that keeps the share of ‖ΔW‖², at each module, and at
// most max-rank; of a product and of a dense delta.
func TestEnergy(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawMixed(t, 2)
		energy := rapid.Float64Range(0.05, 0.999).Draw(t, "energy")
		limit := rapid.IntRange(1, 30).Draw(t, "max-rank")
		factor := fmt.Sprintf("m: {factor: d, energy: {a: %v, b: 0.5}, max-rank: %d}", energy, limit)
		for _, lines := range [][]string{{"d: {delta: [a, b]}", factor}, {"x: {delta: [a, b]}", "d: {trim: x, density: 1}", factor}} {
			out := play(t, d.flows, lines...)
			for i, share := range []float64{energy, 0.5} {
				for _, m := range out.Members[i].Modules {
					s := spectrum(d.flows[d.names[i]], 0, m.Name)
					keeps := func(rank int, slack float64) bool {
						return math.Pow(norm(s[:min(rank, len(s))]), 2) >= share*dot(s, s)*slack
					}
					if m.Rank > limit || m.Rank < limit && !keeps(m.Rank, 1-1e-6) || m.Rank > 1 && keeps(m.Rank-1, 1+1e-6) {
						t.Errorf("rank %d for %v of the energy of %s, at most %d; singular values %v", m.Rank, share, m.Name, limit, s)
					}
				}
			}
		}
	})
}

// TestBudget: the modules spend no more parameters than rank `budget` everywhere would,
// and no singular triplet left out holds more for its price, σ²/(out+in), than one that is
// kept beside each module's first, unless what is left of the budget can't pay for it.
func TestBudget(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawMixed(t, 1)
		budget := rapid.IntRange(1, 9).Draw(t, "budget")
		out := play(t, d.flows, "d: {delta: a}", fmt.Sprintf("m: {factor: d, budget: %d}", budget))
		left, least := 0, math.Inf(1)
		for _, m := range out.Members[0].Modules {
			price := m.Out() + m.In()
			left += (budget - m.Rank) * price
			if s := spectrum(d.flows["a"], 0, m.Name); m.Rank > 1 {
				least = min(least, s[m.Rank-1]*s[m.Rank-1]/float64(price))
			}
		}
		if left < 0 {
			t.Fatalf("%d parameters more than budget: %d allows", -left, budget)
		}
		for _, m := range out.Members[0].Modules {
			price, s := m.Out()+m.In(), spectrum(d.flows["a"], 0, m.Name)
			if m.Rank < len(s) && price <= left && s[m.Rank]*s[m.Rank]/float64(price) > least*(1+1e-6) {
				t.Errorf("%s stays at rank %d with %d parameters to spend", m.Name, m.Rank, left)
			}
		}
	})
}

// TestFactorOfNothing: a zero delta has rank 1, the least that an adapter can have,
// and stays zero.
func TestFactorOfNothing(t *testing.T) {
	inputs := map[string]flow{"a": kindOf{shapes, 4, 2, adapter.F32, zeros}.make("a")}
	for _, held := range []string{"d: {delta: a}", "x: {delta: a}\n  d: {trim: x, density: 1}"} {
		for params, rank := range map[string]int{"rank: 3": 3, "energy: 0.9": 1, "energy: 1": 1, "budget: 2": 1} {
			out := play(t, inputs, held, "m: {factor: d, "+params+"}")
			for _, m := range out.Members[0].Modules {
				if x := effect(out, 0, m.Name); m.Rank != rank || norm(x) != 0 {
					t.Errorf("%s: rank %d, ‖ΔW‖ %v", params, m.Rank, norm(x))
				}
			}
		}
	}
}

func TestFactorRefused(t *testing.T) {
	inputs := map[string]flow{"a": kindOf{shapes, 8, 2, adapter.BF16, zeros}.make("a")}
	for _, c := range []struct{ params, text, remedy string }{
		{"d", "has 0", "rank: 16"},
		{"d, rank: 4, energy: 0.5", "has 2", "rank: 16"},
		{"d, rank: 4, max-rank: 5", "needs no bound", "remove one"},
		{"d, rank: 1000000", "surely a slip", "below that of the module's matrix"},
		{"d, energy: 0", "0 is out of range", "> 0 and ≤ 1"},
		{"d, energy: 1.01", "1.01 is out of range", "> 0 and ≤ 1"},
		{"a, rank: 3", "factors flow in", "`delta` before"},
	} {
		_, err := newCourse(inputs, 1).play("d: {delta: a}", "m: {factor: "+c.params+"}")
		wantFault(t, err, 6, c.text, c.remedy)
	}
}
