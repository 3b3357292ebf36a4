package peft

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter"
)

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
		{moe(one, "r", "1"), []stored{{name: prefix + outer + ".lora_A.weight", dtype: adapter.F16, shape: []int{adapter.MostExperts + 1, 1}, bytes: make([]byte, 2*adapter.MostExperts+2)}, {name: prefix + outer + ".lora_B.weight", dtype: adapter.F16, shape: []int{1, adapter.MostExperts + 1}, bytes: make([]byte, 2*adapter.MostExperts+2)}},
			`has more than 262144 experts by the ranks of adapter_config.json`},
		{moe(`"experts.down_proj"`), stackOf(outer, 3, 2, 5, 4), `target_parameters: must be a list of names, not string`},
	} {
		expectFault(t, folder(t, c.config, c.tensors...), c.text)
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
