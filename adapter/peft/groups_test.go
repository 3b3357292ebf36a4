package peft

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/loramerge/loramerge/adapter"
)

// grouped is a convolution in two groups, as PEFT stores it: A [4, in, 3, 3] and
// B [out, 2, 1, 1] (peft/tuners/lora/layer.py, _ConvNd.update_layer).
var grouped = []stored{ramp("base_model.model.conv.lora_A.weight", 4, 2, 3, 3), ramp("base_model.model.conv.lora_B.weight", 6, 2, 1, 1)}

// TestGroups: every group of a convolution is a module, made of its share of the rows.
func TestGroups(t *testing.T) {
	a := opened(t, configWith("r", "4", "target_modules", `["conv"]`), append(slices.Clone(grouped),
		ramp("base_model.model.conv1d.lora_A.weight", 4, 3, 5), ramp("base_model.model.conv1d.lora_B.weight", 8, 1, 1))...)
	if len(a.Notes) > 0 {
		t.Errorf("notes %q", noteTexts(a))
	}
	var names []string
	for _, m := range a.Modules {
		names = append(names, m.Name)
	}
	if want := []string{"conv1d[0/4]", "conv1d[1/4]", "conv1d[2/4]", "conv1d[3/4]", "conv[0/2]", "conv[1/2]"}; !slices.Equal(names, want) {
		t.Fatalf("modules %q", names)
	}
	m := module(t, a, "conv[1/2]")
	// s = α/r of the layer: 4/4.
	if m.Form != adapter.Conv || m.Rank != 2 || m.LayerRank() != 4 || m.Scale != 1 || m.Out() != 3 || m.In() != 18 {
		t.Errorf("%+v", m)
	}
	A, B := make([]float32, 36), make([]float32, 6)
	if a.Read(m.A, A) != nil || a.Read(m.B, B) != nil || !slices.Equal(A, grouped[0].values[36:]) || !slices.Equal(B, grouped[1].values[6:]) {
		t.Errorf("A %v, B %v", A, B)
	}
}

// What fits no group is no pair.
func TestGroupsThatDoNotFit(t *testing.T) {
	for _, b := range []stored{ramp("base_model.model.conv.lora_B.weight", 6, 3, 1, 1), ramp("base_model.model.conv.lora_B.weight", 5, 2, 1, 1)} {
		expectFault(t, folder(t, configWith(), grouped[0], b), `module "conv": A has rank 4 and B rank `)
	}
	expectFault(t, folder(t, configWith(), pairOf("q_proj[0/2]", 2, 3, 4)...), `module "q_proj[0/2]" is called like a group of a convolution`)
	module(t, opened(t, configWith(), pairOf("q_proj[2/2]", 2, 3, 4)...), "q_proj[2/2]")
}

// TestLayers: what is written is the layer again, of its groups' largest rank, the others
// filled up with zeros, and of one scale, which B takes up.
func TestLayers(t *testing.T) {
	a := opened(t, configWith("r", "4", "target_modules", `["conv"]`), grouped...)
	first, second := a.Modules[0], a.Modules[1]
	second.Rank, second.Scale, second.Alpha = 1, 3, 3
	second.A.Shape, second.B.Shape = []int{1, 2, 3, 3}, []int{3, 1, 1, 1}
	modules := []*adapter.Module{&first, &second}
	path := t.TempDir()
	w, err := createWeights(filepath.Join(path, WeightsFile), modules, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []struct {
		m *adapter.Module
		i int
		x []float32
	}{{&second, 1, []float32{1, 2, 3}}, {&first, 0, grouped[0].values[:36]}, {&second, 0, grouped[0].values[:18]}, {&first, 1, []float32{3, 6, 9, 12, 15, 18}}} {
		if err := w.Write(part.m, part.i, part.x); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	config, err := MergedConfig([]*adapter.Adapter{a}, modules, adapter.Base{}).JSON()
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(path, ConfigFile), config)
	again := mustOpen(t, path)
	if len(again.Notes) != 1 || ConfigOf(again).R != 4 || ConfigOf(again).Alpha != 12 || !slices.Equal(ConfigOf(again).TargetModules.Names, []string{"conv"}) {
		t.Errorf("notes %q, %s", noteTexts(again), config)
	}
	for name, want := range map[string][2][]float32{
		"conv[0/2]": {grouped[0].values[:36], {1, 2, 3, 4, 5, 6}},
		"conv[1/2]": {append(slices.Clone(grouped[0].values[:18]), make([]float32, 18)...), {1, 0, 2, 0, 3, 0}},
	} {
		m := module(t, again, name)
		A, B := make([]float32, 36), make([]float32, 6)
		if again.Read(m.A, A) != nil || again.Read(m.B, B) != nil || m.Scale != 3 || !slices.Equal(A, want[0]) || !slices.Equal(B, want[1]) {
			t.Errorf("%s: scale %v, A %v, B %v", name, m.Scale, A, B)
		}
	}
}
