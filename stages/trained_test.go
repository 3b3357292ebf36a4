package stages_test

import (
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/adapter/formats"
	"github.com/loramerge/loramerge/internal/lowrank"
	"github.com/loramerge/loramerge/stages"
)

// trained is the folder of adapters that people trained; it need not be there.
const trained = "../../shared/adapters"

var everyModule = flag.Bool("every-module", false, "bring all modules of the trained adapters back to a rank, which takes an hour, not a few of them")

// TestTIESOfTrainedAdapters: what TIES makes of real adapters has flat spectra, and is brought
// to any rank within 0.1 % of the least error, the
// square root of the sum of the smallest eigenvalues of W·Wᵀ, as gonum gives them.
func TestTIESOfTrainedAdapters(t *testing.T) {
	if _, err := os.Stat(trained); err != nil {
		t.Skip("../shared/adapters is not there")
	}
	if testing.Short() {
		t.Skip("full decompositions take seconds each")
	}
	for _, c := range []struct {
		adapters string
		density  float64
		sample   []string // what their names end in
	}{
		{"gpt2-reviews gpt2-reviews-2500", 0.2, []string{"h.0.attn.c_attn"}},
		{"gpt2-reviews gpt2-reviews-2500", 0.5, nil},
		{"gpt2-reviews gpt2-tuned", 0.5, nil},
		{"gpt2-tuned gpt2-tuned-200", 0.2, []string{"h.6.attn.c_proj"}},
		{"gpt2-tuned gpt2-tuned-200", 0.5, nil},
		{"gpt2-classify-a gpt2-classify-b gpt2-classify-c", 0.2, []string{"h.11.attn.c_proj"}},
		{"gpt2-classify-a gpt2-classify-b gpt2-classify-c", 0.5, []string{"h.3.attn.c_proj"}},
	} {
		inputs := make(map[string]flow)
		names := strings.Fields(c.adapters)
		first := openTrained(t, names[0])
		for _, name := range names {
			inputs[name] = readFlow(t, name, func(module string) bool {
				for _, end := range c.sample {
					if strings.HasSuffix(module, end) {
						return true
					}
				}
				_, shared := first.Find(module)
				return *everyModule && shared
			})
		}
		if len(inputs[names[0]].Members[0].Modules) == 0 {
			continue
		}
		out := play(t, inputs, fmt.Sprintf("d: {delta: [%s]}", strings.Join(names, ", ")),
			fmt.Sprintf("t: {trim: d, density: %g}", c.density), "e: {elect: t}", "m: {average: e, over: agreeing}")
		most := 0.0
		for _, m := range out.Members[0].Modules {
			over := mostOver(t, out.at[m.Name][0].W)
			if most = max(most, over); over > 0.001 {
				t.Errorf("%v, density %g, %s: %.4f%% over the least error", names, c.density, m.Name, 100*over)
			}
		}
		t.Logf("%v, density %g: of %d modules at most %.4f%% over the least error", names, c.density, len(out.Members[0].Modules), 100*most)
	}
}

// mostOver is by what share the error of some rank is more than the least.
func mostOver(t *testing.T, w stages.Matrix) (over float64) {
	t.Helper()
	wide := mat.NewDense(w.Rows, w.Cols, nil)
	for i, x := range w.Data {
		wide.Set(i/w.Cols, i%w.Cols, float64(x))
	}
	if w.Rows > w.Cols {
		wide = mat.DenseCopyOf(wide.T())
	}
	var gram mat.SymDense
	var eigen mat.EigenSym
	gram.SymOuterK(1, wide)
	if !eigen.Factorize(&gram, false) {
		t.Fatal("gonum's eigenvalues did not converge")
	}
	squaresOf := eigen.Values(nil) // ascending
	for _, rank := range []int{4, 8, 16, 32, 64} {
		d, rest, err := lowrank.DecomposeDense(t.Context(), w, rank, 2)
		if err != nil {
			t.Fatal(err)
		}
		squares, least := rest*rest, 0.0
		for _, x := range d.S[rank:] {
			squares += x * x
		}
		for _, x := range squaresOf[:len(squaresOf)-rank] {
			least += x
		}
		over = max(over, math.Sqrt(squares/least)-1)
	}
	return over
}

func openTrained(t *testing.T, name string) *adapter.Adapter {
	t.Helper()
	a, err := formats.Open(filepath.Join(trained, name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

// readFlow is a trained adapter, of those modules that are wanted.
func readFlow(t *testing.T, name string, wanted func(module string) bool) flow {
	t.Helper()
	a := openTrained(t, name)
	f := flow{at: make(map[string]stages.Value)}
	f.Members = []stages.Member{{Name: name}}
	for i := range a.Modules {
		m := &a.Modules[i]
		if m.Form == adapter.Whole || !wanted(m.Name) {
			continue
		}
		p, err := a.Pair(m)
		if err != nil {
			t.Fatal(err)
		}
		f.Members[0].Modules = append(f.Members[0].Modules, m)
		f.at[m.Name] = stages.Value{{Adapter: name, A: p.A, B: p.B}}
	}
	return f
}
