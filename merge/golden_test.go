package merge_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/adapter/formats"
	"github.com/loramerge/loramerge/adapter/peft"
	"github.com/loramerge/loramerge/internal/kernels"
	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
	"gonum.org/v1/gonum/mat"
)

// shared is where merges with known answers and adapters that people trained lie
// beside a checkout, if they do.
const shared = "../../shared"

// TestGolden compares with answers that an independent float64 implementation
// computed; each folder's case.json says how.
func TestGolden(t *testing.T) {
	cases, _ := filepath.Glob(filepath.Join(shared, "golden", "*", "case.json"))
	own, err := filepath.Glob("../testdata/golden/*/case.json")
	if err != nil || len(own) == 0 {
		t.Logf("none: %v", err)
	}
	if len(cases) == 0 {
		t.Log("skipping the shared cases: ../shared/golden is not there")
	}
	for _, path := range append(own, cases...) {
		t.Run(filepath.Base(filepath.Dir(path)), func(t *testing.T) { testGolden(t, filepath.Dir(path)) })
	}
}

type goldenCase struct {
	Expected  string
	Tolerance float64
}

func testGolden(t *testing.T, folder string) {
	var c goldenCase
	text, err := os.ReadFile(filepath.Join(folder, "case.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	work := t.TempDir()
	if err := os.CopyFS(work, os.DirFS(folder)); err != nil {
		t.Fatal(err)
	}
	runRecipe(t, filepath.Join(work, "recipe.yaml"))
	expected := readAll(t, filepath.Join(folder, "expected.safetensors"))
	if c.Expected == "pair" {
		comparePairs(t, readAll(t, filepath.Join(work, "out", peft.WeightsFile)), expected, c.Tolerance)
		return
	}
	compareDeltas(t, filepath.Join(work, "out"), expected, c)
}

func comparePairs(t *testing.T, got, expected map[string][]float32, tolerance float64) {
	t.Helper()
	if len(got) != len(expected) {
		t.Errorf("%d tensors, expected %d", len(got), len(expected))
	}
	for name, want := range expected {
		if e := relativeError(got[name], want); !(e <= tolerance) {
			t.Errorf("%s: relative error %g > %g", name, e, tolerance)
		}
	}
}

// compareDeltas compares s·B·A with the answer, or its error with that of the best
// approximation of its rank.
func compareDeltas(t *testing.T, folder string, expected map[string][]float32, c goldenCase) {
	t.Helper()
	out := openAdapter(t, folder)
	for name, want := range expected {
		m, ok := out.Find(strings.TrimSuffix(strings.TrimPrefix(name, "base_model.model."), ".delta"))
		if !ok {
			t.Fatalf("no module for %s", name)
		}
		got := delta(t, out, m)
		if strings.HasPrefix(c.Expected, "best-rank-") {
			optimal := tail(want, m.Out(), m.In(), m.Rank)
			if e := distance(got, want); !(e <= (1+c.Tolerance)*optimal) {
				t.Errorf("%s: error %g, the best of rank %d has %g", name, e, m.Rank, optimal)
			}
		} else if e := relativeError(got, want); !(e <= c.Tolerance) {
			t.Errorf("%s: relative error %g > %g", name, e, c.Tolerance)
		}
	}
}

// runRecipe plans and runs a recipe.
func runRecipe(t *testing.T, path string) *run.Result {
	t.Helper()
	p, err := plan.Load(path, plan.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	result, err := run.Run(t.Context(), p, run.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func openAdapter(t *testing.T, folder string) *adapter.Adapter {
	t.Helper()
	a, err := formats.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

// readAll decodes a file of float32 tensors.
func readAll(t *testing.T, path string) map[string][]float32 {
	t.Helper()
	file, err := safetensors.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	out := make(map[string][]float32)
	for _, tensor := range file.Tensors() {
		if tensor.DType != safetensors.F32 {
			t.Fatalf("%s is %s", tensor.Name, tensor.DType)
		}
		raw := make([]byte, tensor.Size())
		if err := file.ReadAt(tensor, raw, 0); err != nil {
			t.Fatal(err)
		}
		x := make([]float32, tensor.Elements())
		kernels.DecodeF32(x, raw)
		out[tensor.Name] = x
	}
	return out
}

// delta is s·B·A in float64, rounded once.
func delta(t *testing.T, a *adapter.Adapter, m *adapter.Module) []float32 {
	t.Helper()
	x, y := make([]float32, m.A.Elements()), make([]float32, m.B.Elements())
	if err := a.Read(m.A, x); err != nil {
		t.Fatal(err)
	}
	if err := a.Read(m.B, y); err != nil {
		t.Fatal(err)
	}
	out := make([]float32, m.Out()*m.In())
	for i := range m.Out() {
		for j := range m.In() {
			sum := 0.0
			for k := range m.Rank {
				sum += float64(y[i*m.Rank+k]) * float64(x[k*m.In()+j])
			}
			out[i*m.In()+j] = float32(m.Scale * sum)
		}
	}
	return out
}

func distance(x, y []float32) float64 {
	if len(x) != len(y) {
		return math.Inf(1)
	}
	sum := 0.0
	for i := range x {
		d := float64(x[i]) - float64(y[i])
		sum += d * d
	}
	return math.Sqrt(sum)
}

func relativeError(got, want []float32) float64 {
	norm := distance(want, make([]float32, len(want)))
	if norm == 0 {
		return distance(got, want)
	}
	return distance(got, want) / norm
}

// tail is √Σσᵢ² beyond a rank, by gonum's full SVD: the least error there is.
func tail(x []float32, rows, cols, rank int) float64 {
	dense := mat.NewDense(rows, cols, nil)
	for i, v := range x {
		dense.RawMatrix().Data[i] = float64(v)
	}
	var svd mat.SVD
	if !svd.Factorize(dense, mat.SVDNone) {
		return math.NaN()
	}
	sum := 0.0
	for _, s := range svd.Values(nil)[rank:] {
		sum += s * s
	}
	return math.Sqrt(sum)
}
