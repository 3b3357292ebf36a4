package merge_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/adapter/peft"
	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/merge/draft"
	"github.com/loramerge/loramerge/merge/run"
	"github.com/loramerge/loramerge/stages"
)

// factored is ΔW = B·A of every pair of an adapter, in float64, the scale in B.
type factored struct {
	name    string
	modules map[string][2]*mat.Dense // B, A
}

func readFactored(t *testing.T, folder string) *factored {
	t.Helper()
	a := openAdapter(t, folder)
	f := &factored{name: folder, modules: make(map[string][2]*mat.Dense)}
	for i := range a.Modules {
		m := &a.Modules[i]
		if m.Form == adapter.Whole {
			continue
		}
		read := func(tensor adapter.Tensor, rows, cols int, scale float64) *mat.Dense {
			x := make([]float32, rows*cols)
			if err := a.Read(tensor, x); err != nil {
				t.Fatal(err)
			}
			d := mat.NewDense(rows, cols, nil)
			for i, v := range x {
				d.Set(i/cols, i%cols, scale*float64(v))
			}
			return d
		}
		f.modules[m.Name] = [2]*mat.Dense{read(m.B, m.Out(), m.Rank, m.Scale), read(m.A, m.Rank, m.In(), 1)}
	}
	return f
}

// inner is Σ ⟨ΔWx, ΔWy⟩ over the modules that both have: ⟨B₁A₁, B₂A₂⟩ = Σ (B₁ᵀB₂)∘(A₁A₂ᵀ).
func (x *factored) inner(y *factored) float64 {
	sum := 0.0
	for name, p := range x.modules {
		if q, both := y.modules[name]; both {
			sum += innerOf(p, q)
		}
	}
	return sum
}

func innerOf(p, q [2]*mat.Dense) float64 {
	var b, a mat.Dense
	b.Mul(p[0].T(), q[0])
	a.Mul(p[1], q[1].T())
	b.MulElem(&b, &a)
	return mat.Sum(&b)
}

// sideBySide is Σ cᵢ·Bᵢ·Aᵢ at a module, as one product.
func sideBySide(module string, from []*factored, cs []float64) [2]*mat.Dense {
	var bs, as *mat.Dense
	for i, f := range from {
		p, has := f.modules[module]
		if !has {
			continue
		}
		var b mat.Dense
		b.Scale(cs[i], p[0])
		if bs == nil {
			bs, as = &b, p[1]
			continue
		}
		var nextB, nextA mat.Dense
		nextB.Augment(bs, &b)
		nextA.Stack(as, p[1])
		bs, as = &nextB, &nextA
	}
	return [2]*mat.Dense{bs, as}
}

// ruleFactor is by what Σ ΔWᵢ is multiplied to have the size of `norm: inputs`: with
// nᵢ = ‖ΔWᵢ‖, T = max(1, (Σnᵢ)²/‖Σ ΔWᵢ‖²) and equal weights the norm is
// Σnᵢ/n · min(1, √T/(1 + 0.4(T−1))), adapters that are zero left out.
func ruleFactor(inner func(i, j int) float64, n int) float64 {
	norms, sum, some := 0.0, 0.0, 0
	for i := range n {
		if norm := math.Sqrt(inner(i, i)); norm > 0 {
			norms += norm
			some++
		}
		for j := range n {
			sum += inner(i, j)
		}
	}
	t := max(1, norms*norms/sum)
	return norms / float64(some) * min(1, math.Sqrt(t)/(1+0.4*(t-1))) / math.Sqrt(sum)
}

var keptForm = regexp.MustCompile(`it keeps (all|over 99\.9 %|[0-9.]+ %) of ‖ΔW‖²`)

// checkDraftRule drafts a merge, runs it with an output in float32, and compares it with
// the rule. What the cut took is to be what the draft says of it.
func checkDraftRule(t *testing.T, paths []string, inputs []*factored, inner func(i, j int) float64) {
	t.Helper()
	text, dir := draftFor(t, paths, draft.Options{})
	path := filepath.Join(dir, "merge.yaml")
	writeFile(t, path, []byte(strings.Replace(text, "    to: out/merged", "    to: out/merged\n    dtype: float32", 1)))
	result, err := runWith(t, path, run.Options{})
	if err != nil {
		t.Fatalf("%s\n%v", text, err)
	}
	lost := -1.0
	for _, d := range result.Deviations {
		if d.Kind == stages.Truncation {
			lost = d.Share
		}
	}
	said := keptForm.FindStringSubmatch(text)
	if said == nil || lost < 0 {
		t.Fatalf("the draft does not say what its rank keeps, or the run what is lost:\n%s", text)
	}
	switch number, _, isNumber := strings.Cut(said[1], " %"); {
	case said[1] == "all" && lost <= 1e-9, said[1] == "over 99.9 %" && lost < 1e-3:
	case isNumber && !strings.Contains(number, "over"):
		if kept, err := strconv.ParseFloat(number, 64); err != nil || math.Abs(kept-100*(1-lost)) > 0.051 {
			t.Errorf("the draft says that it keeps %s, and the cut lost %.4f %%", said[1], 100*lost)
		}
	default:
		t.Errorf("the draft says that it keeps %s, and the cut lost %g", said[1], lost)
	}
	out := readFactored(t, filepath.Join(dir, "out", "merged"))
	factor := ruleFactor(inner, len(inputs))
	factors := slices.Repeat([]float64{factor}, len(inputs))
	sum := 0.0
	for i := range inputs {
		for j := range inputs {
			sum += inner(i, j)
		}
	}
	if got, want := math.Sqrt(out.inner(out)/(1-lost)), factor*math.Sqrt(sum); math.Abs(got-want) > 1e-5*want {
		t.Errorf("‖ΔW‖ before the cut is %g, by the rule %g", got, want)
	}
	ranks := 0
	for name := range out.modules {
		want := sideBySide(name, inputs, factors)
		ranks = max(ranks, want[0].RawMatrix().Cols)
		if lost > 1e-9 {
			continue
		}
		far := sideBySide(name, []*factored{out, {modules: map[string][2]*mat.Dense{name: want}}}, []float64{1, -1})
		if e := math.Sqrt(max(0, innerOf(far, far)) / innerOf(want, want)); !(e <= 1e-5) {
			t.Errorf("%s differs from the rule by %g", name, e)
		}
	}
	if ranks <= 64 && lost > 1e-9 {
		t.Errorf("of rank %d, and %g was lost", ranks, lost)
	}
	if written := fmt.Sprintf("    rank: %d\n", min(ranks, 64)); !strings.Contains(text, written) {
		t.Errorf("no %q in\n%s", written, text)
	}
}

// TestDraftRuleOfTen: ten adapters of rank 16 whose norms are up to ten times apart, each with
// a module that no other has. The rule is computed on dense matrices.
func TestDraftRuleOfTen(t *testing.T) {
	for _, n := range []int{2, 4, 10} {
		dir := t.TempDir()
		var paths []string
		for i := range n {
			f := folder{config: map[string]any{"r": 16, "lora_alpha": 16 * math.Pow(10, float64(i)/float64(max(n-1, 1)))}}
			for _, module := range []string{"layers.0.q_proj", "layers.0.v_proj", "layers.1.q_proj", fmt.Sprintf("layers.1.only_%d", i)} {
				f.tensors = append(f.tensors, pair(module, safetensors.F32, 96, 128, 16)...)
			}
			paths = append(paths, filepath.Join(dir, fmt.Sprintf("adapter-%d", i)))
			f.write(t, paths[i])
		}
		inputs := make([]*factored, n)
		dense := make([]map[string]*mat.Dense, n)
		for i, path := range paths {
			inputs[i] = readFactored(t, path)
			dense[i] = make(map[string]*mat.Dense)
			for name, p := range inputs[i].modules {
				dense[i][name] = new(mat.Dense)
				dense[i][name].Mul(p[0], p[1])
			}
		}
		checkDraftRule(t, paths, inputs, func(i, j int) float64 {
			sum := 0.0
			for name, x := range dense[i] {
				if y, both := dense[j][name]; both {
					var product mat.Dense
					product.MulElem(x, y)
					sum += mat.Sum(&product)
				}
			}
			return sum
		})
	}
}

// TestDraftOfZeros: where the adapters are zero, so is their merge.
func TestDraftOfZeros(t *testing.T) {
	dir := t.TempDir()
	var paths []string
	for _, name := range []string{"a", "b"} {
		f := plain(4, 8, safetensors.F32)
		for i := range f.tensors {
			f.tensors[i].data = make([]float32, f.tensors[i].shape[0]*f.tensors[i].shape[1])
		}
		paths = append(paths, filepath.Join(dir, name))
		f.write(t, paths[len(paths)-1])
	}
	text, out := draftFor(t, paths, draft.Options{})
	runRecipe(t, filepath.Join(out, "merge.yaml"))
	if !strings.Contains(text, "it keeps all of ‖ΔW‖²") {
		t.Errorf("the draft is\n%s", text)
	}
	if _, err := os.Stat(filepath.Join(out, "out", "merged", peft.ConfigFile)); err != nil {
		t.Error(err)
	}
}
