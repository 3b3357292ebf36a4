package peft

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/lowrank"
)

// vectors are small files of each format with the ΔW that they mean, kept beside the project.
const vectors = "../../../shared/formats/vectors"

// expectedDeltas are ΔW by parameter or module, [experts, out, in] or [out, in], row by row.
func expectedDeltas(t *testing.T, name string) map[string]struct {
	Shape []int
	Data  []float64
} {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(vectors, "expected", name+".json"))
	if err != nil {
		t.Skip("../shared/formats/vectors is not there")
	}
	var expected struct {
		Modules map[string]struct {
			Shape []int
			Data  []float64
		}
	}
	if err := json.Unmarshal(data, &expected); err != nil {
		t.Fatal(err)
	}
	return expected.Modules
}

// deltaOf is s·B·A of a module in float64, which holds multiples of 1/16 exactly.
func deltaOf(t *testing.T, a *adapter.Adapter, m *adapter.Module) []float64 {
	t.Helper()
	p, err := a.Pair(m)
	if err != nil {
		t.Fatal(err)
	}
	return product(p, m.Scale)
}

func product(p lowrank.Product, scale float64) []float64 {
	out := make([]float64, 0, p.B.Rows*p.A.Cols)
	for i := range p.B.Rows {
		for j := range p.A.Cols {
			sum := 0.0
			for k := range p.A.Rows {
				sum += float64(p.B.Row(i)[k]) * float64(p.A.Row(k)[j])
			}
			out = append(out, sum*scale)
		}
	}
	return out
}

// deltasOf are the ΔW of all modules by layer, those of experts one after the other.
func deltasOf(t *testing.T, a *adapter.Adapter) map[string][]float64 {
	t.Helper()
	out := make(map[string][]float64)
	for i := range a.Modules { // sorted by name: experts in the order of their numbers, up to ten
		m := &a.Modules[i]
		layer := adapter.LayerOf(m.Name)
		out[layer] = append(out[layer], deltaOf(t, a, m)...)
	}
	return out
}

// TestExpertVectors: one ΔW in the layouts of PEFT's releases, and what PEFT makes of separate experts.
func TestExpertVectors(t *testing.T) {
	for folder, c := range map[string]struct {
		expected string
		layout   adapter.ExpertLayout
	}{
		"peft-0.17.0":      {"experts", adapter.OutputsInA},
		"peft-0.18.1":      {"experts", adapter.OutputsInA},
		"peft-0.19.1":      {"experts", adapter.InputsInA},
		"per-expert":       {"experts-per-expert", adapter.NoExperts},
		"per-expert-fused": {"experts-per-expert-fused", adapter.InputsInA},
	} {
		t.Run(folder, func(t *testing.T) {
			want := expectedDeltas(t, c.expected)
			a := openVector(t, "experts", folder)
			if a.Experts != c.layout || len(a.Notes) > 0 {
				t.Errorf("layout %q, notes %q", a.Experts, noteTexts(a))
			}
			checkDeltas(t, a, want)
			again := saved(t, a)
			if again.Experts != c.layout || len(again.Notes) > 0 {
				t.Errorf("saved in layout %q, notes %q", again.Experts, noteTexts(again))
			}
			checkDeltas(t, again, want)
			sameTensors(t, a, again)
		})
	}
}

func openVector(t *testing.T, names ...string) *adapter.Adapter {
	t.Helper()
	path, err := filepath.EvalSymlinks(filepath.Join(append([]string{vectors}, names...)...)) // a link would be noted
	if err != nil {
		t.Skip("../shared/formats/vectors is not there")
	}
	return mustOpen(t, path)
}

func checkDeltas(t *testing.T, a *adapter.Adapter, want map[string]struct {
	Shape []int
	Data  []float64
}) {
	t.Helper()
	got := deltasOf(t, a)
	if len(got) != len(want) {
		t.Fatalf("%d layers, want %d", len(got), len(want))
	}
	for name, w := range want {
		if !slices.Equal(got[name], w.Data) {
			t.Errorf("%s: ΔW %v, want %v", name, got[name], w.Data)
		}
	}
}

// saved is an adapter written as it was read, module by module from the last to the first, and read again.
func saved(t *testing.T, a *adapter.Adapter) *adapter.Adapter {
	t.Helper()
	var modules []*adapter.Module
	for i := range a.Modules {
		modules = append(modules, &a.Modules[i])
	}
	return writtenAs(t, a, modules, func(m *adapter.Module, i int) []float32 {
		x := make([]float32, m.Tensors()[i].Elements())
		if err := a.Read(m.Tensors()[i], x); err != nil {
			t.Fatal(err)
		}
		return x
	})
}

func writtenAs(t *testing.T, from *adapter.Adapter, modules []*adapter.Module, values func(m *adapter.Module, i int) []float32) *adapter.Adapter {
	t.Helper()
	layout, err := Format.Layout(adapter.Content{Inputs: []*adapter.Adapter{from}, Modules: modules, Base: from.Base})
	if err != nil {
		t.Fatal(err)
	}
	path := t.TempDir()
	writeFile(t, filepath.Join(path, ConfigFile), layout.Config)
	w, err := layout.Create(filepath.Join(path, WeightsFile), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range slices.Backward(modules) {
		for i := range m.Tensors() {
			if err := w.Write(m, i, values(m, i)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return mustOpen(t, path)
}

// sameTensors expects two files to hold the same tensors.
func sameTensors(t *testing.T, x, y *adapter.Adapter) {
	t.Helper()
	want := tensorBytes(t, x)
	got := tensorBytes(t, y)
	if len(got) != len(want) {
		t.Errorf("%d tensors, want %d", len(got), len(want))
	}
	for name := range want {
		if got[name] != want[name] {
			t.Errorf("tensor %q differs", name)
		}
	}
}

func tensorBytes(t *testing.T, a *adapter.Adapter) map[string]string {
	t.Helper()
	out := make(map[string]string)
	for _, tensor := range a.Store.Tensors() {
		data := make([]byte, tensor.Size())
		if err := a.Store.ReadAt(tensor, data, 0); err != nil {
			t.Fatal(err)
		}
		out[tensor.Name] = fmt.Sprint(tensor.DType, tensor.Shape, string(data))
	}
	return out
}

// stackOf are A and B of a parameter with values by which every element is known: A[e·r+k, j] = 100e + 10k + j, and
// B[i, k·E+e] = −(100e + 10i + k).
func stackOf(key string, experts, r, in, out int) []stored {
	a := stored{name: prefix + key + ".lora_A.weight", dtype: adapter.F32, shape: []int{r * experts, in}}
	b := stored{name: prefix + key + ".lora_B.weight", dtype: adapter.F32, shape: []int{out, r * experts}}
	for e := range experts {
		for k := range r {
			for j := range in {
				a.values = append(a.values, float32(100*e+10*k+j))
			}
		}
	}
	for i := range out {
		for k := range r {
			for e := range experts {
				b.values = append(b.values, -float32(100*e+10*i+k))
			}
		}
	}
	return []stored{a, b}
}

// moe is a configuration of target_parameters.
func moe(parameters string, fields ...string) string {
	return configWith(append([]string{"target_modules", "[]", "target_parameters", parameters}, fields...)...)
}

// TestExperts: which tensor is of which parameter, how many experts there are, and where each lies.
func TestExperts(t *testing.T) {
	for what, c := range map[string]struct {
		config  string
		tensors []stored
		names   []string // of the first module of each layer
	}{
		"one parameter": {moe(`["mlp.experts.down_proj"]`, "peft_version", `"0.19.1"`), stackOf("l.0.mlp.experts", 3, 2, 5, 4),
			[]string{"l.0.mlp.experts.down_proj[0/3]"}},
		"two, inner first": {moe(`["mlp.experts.down_proj", "mlp.experts.gate_up_proj"]`, "peft_version", `"0.19.1"`),
			slices.Concat(stackOf("l.0.mlp.experts.base_layer", 3, 2, 5, 4), stackOf("l.0.mlp.experts", 3, 2, 2, 5)),
			[]string{"l.0.mlp.experts.down_proj[0/3]", "l.0.mlp.experts.gate_up_proj[0/3]"}},
		"three": {moe(`["experts.up_proj", "experts.down_proj", "experts.gate_proj"]`, "peft_version", `"0.20.0"`),
			slices.Concat(stackOf("l.0.experts.base_layer.base_layer", 2, 2, 5, 4), stackOf("l.0.experts.base_layer", 2, 2, 5, 4), stackOf("l.0.experts", 2, 2, 4, 5)),
			[]string{"l.0.experts.down_proj[0/2]", "l.0.experts.gate_proj[0/2]", "l.0.experts.up_proj[0/2]"}},
		"ranks by pattern": {moe(`["gate_up_proj", "down_proj"]`, "peft_version", `"0.19.1"`, "rank_pattern", `{".*\\.gate_up_proj": 3}`),
			slices.Concat(stackOf("l.0.experts.base_layer", 2, 3, 5, 4), stackOf("l.0.experts", 2, 2, 2, 5)),
			[]string{"l.0.experts.down_proj[0/2]", "l.0.experts.gate_up_proj[0/2]"}},
		"beside modules": {configWith("target_modules", `["q_proj"]`, "target_parameters", `["gate_up_proj"]`, "peft_version", `"0.19.1"`),
			slices.Concat(stackOf("l.0.experts", 2, 2, 5, 4), pairOf("l.0.q_proj", 2, 3, 4)),
			[]string{"l.0.experts.gate_up_proj[0/2]", "l.0.q_proj"}},
		"beside all-linear": {configWith("target_modules", `"all-linear"`, "target_parameters", `["gate_up_proj"]`, "peft_version", `"0.19.1"`),
			slices.Concat(stackOf("l.0.experts", 2, 2, 5, 4), pairOf("l.0.q_proj", 2, 3, 4)),
			[]string{"l.0.experts.gate_up_proj[0/2]", "l.0.q_proj"}},
		"one matrix": {moe(`["mlp.gate.weight"]`), pairOf("l.0.mlp.gate", 2, 3, 4), []string{"l.0.mlp.gate.weight"}},
	} {
		t.Run(what, func(t *testing.T) {
			a := opened(t, c.config, c.tensors...)
			var first []string
			for i := range a.Modules {
				m := &a.Modules[i]
				if layer := adapter.LayerOf(m.Name); layer == m.Name || strings.HasPrefix(m.Name, layer+"[0/") {
					first = append(first, m.Name)
				}
				if m.IsStacked() {
					checkStacked(t, a, m)
				}
			}
			if !slices.Equal(first, c.names) || len(a.Notes) > 0 {
				t.Errorf("modules %q, notes %q", first, noteTexts(a))
			}
			sameTensors(t, a, saved(t, a))
		})
	}
}

// checkStacked compares an expert with the formula of stackOf.
func checkStacked(t *testing.T, a *adapter.Adapter, m *adapter.Module) {
	t.Helper()
	var e, many int
	if _, err := fmt.Sscanf(m.Name[strings.IndexByte(m.Name, '['):], "[%d/%d]", &e, &many); err != nil {
		t.Fatal(err)
	}
	p, err := a.Pair(m)
	if err != nil {
		t.Fatal(err)
	}
	for k := range m.Rank {
		for j, x := range p.A.Row(k) {
			if x != float32(100*e+10*k+j) {
				t.Errorf("%s: A[%d %d] is %v", m.Name, k, j, x)
			}
		}
	}
	for i := range m.Out() {
		for k, x := range p.B.Row(i) {
			if x != -float32(100*e+10*i+k) {
				t.Errorf("%s: B[%d %d] is %v", m.Name, i, k, x)
			}
		}
	}
}
