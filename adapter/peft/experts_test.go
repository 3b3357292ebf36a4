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

// TestWidenedExperts: a stack has one rank, the largest of its experts', and one scale.
func TestWidenedExperts(t *testing.T) {
	a := opened(t, moe(`["experts.down_proj"]`, "peft_version", `"0.19.1"`), stackOf("l.0.experts", 2, 2, 3, 2)...)
	small := a.Modules[1]
	small.Rank, small.Scale, small.Alpha = 1, 1, 1
	small.A.Shape, small.B.Shape = []int{1, 3}, []int{2, 1}
	values := map[string][]float32{}
	for _, m := range []*adapter.Module{&a.Modules[0], &small} {
		for i, tensor := range m.Tensors() {
			x := make([]float32, tensor.Elements())
			for n := range x {
				x[n] = float32(n + 1)
			}
			values[fmt.Sprint(m.Name, i)] = x
		}
	}
	again := writtenAs(t, a, []*adapter.Module{&a.Modules[0], &small}, func(m *adapter.Module, i int) []float32 { return values[fmt.Sprint(m.Name, i)] })
	m := module(t, again, "l.0.experts.down_proj[1/2]")
	p, err := again.Pair(m)
	if err != nil {
		t.Fatal(err)
	}
	// ΔW of the small one is 1·[1 2]ᵀ·[1 2 3]; the stack's scale is 2.
	if m.Rank != 2 || m.Scale != 2 || !slices.Equal(p.A.Data, []float32{1, 2, 3, 0, 0, 0}) || !slices.Equal(p.B.Data, []float32{.5, 0, 1, 0}) {
		t.Errorf("rank %d, scale %v, A %v, B %v", m.Rank, m.Scale, p.A.Data, p.B.Data)
	}
}

// TestLayouts: what shows the layout of stacked experts, and what is said where nothing does. The shapes are those of a
// model with hidden size 8 and width 3, or 4 where that makes gate_up_proj square.
func TestLayouts(t *testing.T) {
	both := func(width int, swapped bool) []stored {
		gateUp, down := stackOf("l.0.experts.base_layer", 3, 2, 8, 2*width), stackOf("l.0.experts", 3, 2, width, 8)
		if swapped {
			gateUp, down = stackOf("l.0.experts.base_layer", 3, 2, 2*width, 8), stackOf("l.0.experts", 3, 2, 8, width)
		}
		return append(gateUp, down...)
	}
	one := func(in, out int) []stored { return stackOf("l.0.experts", 3, 2, in, out) }
	two, down := `["experts.gate_up_proj", "experts.down_proj"]`, `["experts.down_proj"]`
	const unknown, assumed = "does not show the layout of its stacked experts", "are taken to lie as PEFT"
	for what, c := range map[string]struct {
		parameters, release string
		tensors             []stored
		declared, want      adapter.ExpertLayout
		note                string
	}{
		"shapes, no release":             {two, "", both(3, false), "", adapter.InputsInA, ""},
		"swapped shapes, no release":     {two, "", both(3, true), "", adapter.OutputsInA, ""},
		"square, no release":             {two, "", both(4, false), "", adapter.InputsInA, ""},
		"square and swapped":             {two, "", both(4, true), "", adapter.OutputsInA, ""},
		"shapes of a transposed model":   {two, "0.18.1", both(3, false), "", adapter.InputsInA, ""},
		"0.19.0":                         {down, "0.19.0", one(8, 3), "", adapter.OutputsInA, ""},
		"0.19.1":                         {down, "0.19.1", one(3, 8), "", adapter.InputsInA, ""},
		"0.19.1.post1":                   {down, "0.19.1.post1", one(3, 8), "", adapter.InputsInA, ""},
		"0.20.1.dev0":                    {down, "0.20.1.dev0", one(3, 8), "", adapter.InputsInA, ""},
		"1.0.0":                          {down, "1.0.0", one(3, 8), "", adapter.InputsInA, ""},
		"0.18.1":                         {down, "0.18.1", one(8, 3), "", adapter.OutputsInA, assumed},
		"0.18.0 as its loader says":      {down, "0.18.0", one(3, 8), adapter.InputsInA, adapter.InputsInA, ""},
		"between 0.18.1 and 0.19.0":      {down, "0.18.2.dev0", one(8, 3), "", adapter.UnknownLayout, unknown},
		"0.19.0 under development":       {down, "0.19.0.dev0", one(8, 3), "", adapter.UnknownLayout, unknown},
		"0.19.1 under development":       {down, "0.19.1.dev0", one(8, 3), "", adapter.UnknownLayout, unknown},
		"no release, one parameter":      {down, "", one(8, 3), "", adapter.UnknownLayout, unknown},
		"no number":                      {down, "newest", one(8, 3), "", adapter.UnknownLayout, unknown},
		"no release, as its loader says": {down, "", one(8, 8), adapter.OutputsInA, adapter.OutputsInA, ""},
		"declared, but shown":            {two, "", both(3, false), adapter.OutputsInA, adapter.InputsInA, ""},
	} {
		t.Run(what, func(t *testing.T) {
			fields := []string{}
			if c.release != "" {
				fields = []string{"peft_version", fmt.Sprintf("%q", c.release)}
			}
			path := folder(t, moe(c.parameters, fields...), c.tensors...)
			a, err := open(path, adapter.Options{Experts: c.declared})
			if err != nil {
				t.Fatal(err)
			}
			defer a.Close()
			if a.Experts != c.want || a.ExpertsDeclared != (c.declared == c.want && c.declared != "") {
				t.Errorf("layout %q, declared %v", a.Experts, a.ExpertsDeclared)
			}
			if notes := noteTexts(a); len(notes) != min(len(c.note), 1) || c.note != "" && !strings.Contains(notes[0], c.note) {
				t.Errorf("notes %q", notes)
			}
			sameTensors(t, a, saved(t, a))
			m, swapped := &a.Modules[0], c.want == adapter.OutputsInA
			if stored := c.tensors[len(c.tensors)-2]; swapped && m.Out() != stored.shape[1] || !swapped && m.In() != stored.shape[1] {
				t.Errorf("out %d, in %d, and lora_A of the last module is %v", m.Out(), m.In(), stored.shape)
			}
		})
	}
}

// TestExpertMistakes: stacks that can't be taken apart.
func TestExpertMistakes(t *testing.T) {
	one, two := `["experts.down_proj"]`, `["experts.gate_up_proj", "experts.down_proj"]`
	inner, outer := "l.0.experts.base_layer", "l.0.experts"
	for _, c := range []struct {
		config  string
		tensors []stored
		text    string
	}{
		{moe(one, "r", "4"), stackOf(outer, 3, 2, 5, 4), `"base_model.model.l.0.experts.lora_A.weight" has 6 rows for all experts, which are no multiple of its rank 4 by adapter_config.json`},
		{moe(two), slices.Concat(stackOf(inner, 3, 2, 5, 4), stackOf(outer, 2, 2, 4, 5)), `"l.0.experts.down_proj" has 2 experts by its rank 2, and "l.0.experts.gate_up_proj" has 3 by its rank 2`},
		{moe(two), stackOf(outer, 3, 2, 5, 4), `module "l.0.experts" has 1 pair, and target_parameters names 2 of its parameters ("gate_up_proj", "down_proj")`},
		{moe(one), slices.Concat(stackOf(inner, 3, 2, 5, 4), stackOf(outer, 3, 2, 4, 5)), `module "l.0.experts" has 2 pairs, and target_parameters names 1 of its parameters ("down_proj")`},
		{configWith(), stackOf(inner, 3, 2, 5, 4), `module "l.0.experts.base_layer" is that of a parameter, which target_parameters does not name`},
		{moe(two, "peft_version", `"0.19.0"`), slices.Concat(stackOf(inner, 3, 2, 8, 6), stackOf(outer, 3, 2, 3, 8)), `its stacked experts have the shapes of the layout peft-0.19.1, and peft_version is 0.19.0, which writes peft-0.18`},
		{moe(two), slices.Concat(stackOf(inner, 3, 2, 8, 6), stackOf(outer, 3, 2, 3, 8), stackOf("l.1.experts.base_layer", 3, 2, 6, 8), stackOf("l.1.experts", 3, 2, 8, 3)), `"l.0.experts.gate_up_proj" and "l.1.experts.gate_up_proj" have experts in different layouts`},
		{moe(one, "r", "1"), []stored{{name: prefix + outer + ".lora_A.weight", dtype: adapter.F16, shape: []int{mostExperts + 1, 1}, bytes: make([]byte, 2*mostExperts+2)}, {name: prefix + outer + ".lora_B.weight", dtype: adapter.F16, shape: []int{1, mostExperts + 1}, bytes: make([]byte, 2*mostExperts+2)}},
			`has more than 262144 experts by the ranks of adapter_config.json`},
		{moe(`"experts.down_proj"`), stackOf(outer, 3, 2, 5, 4), `target_parameters: must be a list of names, not string`},
	} {
		expectFault(t, folder(t, c.config, c.tensors...), c.text)
	}
}
