//go:build unix

package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter/peft"
	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/internal/testgen/gen"
)

func writeRecipe(t *testing.T, dir, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "recipe.yaml"), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// largeScene is two adapters of a few layers of 4096², merged by a stage.
func largeScene(stage string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		var modules []gen.Module
		for i := range 6 {
			modules = append(modules, gen.Module{Name: fmt.Sprintf("layers.%d.q_proj", i), Out: 4096, In: 4096})
		}
		writeMany(t, dir, 2, modules, stage)
	}
}

// manyScene is sixty adapters of some layers, merged by a stage.
func manyScene(stage string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		var modules []gen.Module
		for i := range 24 {
			modules = append(modules, gen.Module{Name: fmt.Sprintf("layers.%d.q_proj", i), Out: 512, In: 512})
		}
		writeMany(t, dir, 60, modules, stage)
	}
}

func writeMany(t *testing.T, dir string, count int, modules []gen.Module, stage string) {
	t.Helper()
	var loads []string
	for i := range count {
		name := fmt.Sprintf("a%d", i)
		spec := gen.Spec{Name: name, Base: "tiny", Modules: modules, Rank: 16, Alpha: 16, DType: safetensors.BF16}
		if err := gen.Write(filepath.Join(dir, name), spec); err != nil {
			t.Fatal(err)
		}
		loads = append(loads, name+": "+name)
	}
	writeRecipe(t, dir, fmt.Sprintf("version: 1\nstages:\n  all: {load: {%s}}\n  m: %s\n  out: {save: m, to: out}\n", strings.Join(loads, ", "), stage))
}

// stagesScene is a recipe of many stages over an adapter of many modules.
func stagesScene(t *testing.T, dir string) {
	var modules []gen.Module
	for i := range 6000 {
		modules = append(modules, gen.Module{Name: fmt.Sprintf("layers.%d.q_proj", i), Out: 2, In: 2})
	}
	spec := gen.Spec{Name: "a", Base: "tiny", Modules: modules, Rank: 1, Alpha: 1, DType: safetensors.BF16}
	if err := gen.Write(filepath.Join(dir, "a"), spec); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	text.WriteString("version: 1\nstages:\n  s0: {load: a}\n")
	const stages = 900
	for i := range stages {
		fmt.Fprintf(&text, "  s%d: {select: s%d, exclude: \"layers.%d.q_proj\"}\n", i+1, i, i)
	}
	fmt.Fprintf(&text, "  out: {save: s%d, to: out}\n", stages)
	writeRecipe(t, dir, text.String())
}

// vastScene is an adapter of many gigabytes, which take no room on the disk: zeros.
func vastScene(t *testing.T, dir string) {
	const rank, in = 8, 1 << 30
	header, err := json.Marshal(map[string]any{
		"base_model.model.l.0.q.lora_A.weight": map[string]any{"dtype": "F32", "shape": []int{rank, in}, "data_offsets": []int{0, 4 * rank * in}},
		"base_model.model.l.0.q.lora_B.weight": map[string]any{"dtype": "F32", "shape": []int{1, rank}, "data_offsets": []int{4 * rank * in, 4 * rank * (in + 1)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "a", peft.WeightsFile)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, int64(8+len(header)+4*rank*(in+1))); err != nil {
		t.Skipf("no file of so many zeros can be made: %v", err)
	}
	config := fmt.Sprintf(`{"peft_type": "LORA", "base_model_name_or_path": "tiny", "r": %d, "lora_alpha": %d, "target_modules": ["q"]}`, rank, rank)
	if err := os.WriteFile(filepath.Join(dir, "a", peft.ConfigFile), []byte(config), 0o666); err != nil {
		t.Fatal(err)
	}
	writeRecipe(t, dir, "version: 1\nstages:\n  a: {load: a}\n  out: {save: a, to: out}\n")
}

// mergedScene has the output of the slow recipe.
func mergedScene(t *testing.T, dir string) {
	writeSlow(t, dir, 5)
	p := begin(t, dir, "run", "--force", "--quiet", "--cache=off", "--measure=none", "slow.yaml")
	if err := <-p.ended; err != nil {
		t.Fatalf("%v\n%s", err, &p.stderr)
	}
}

// writeSlow writes two adapters of some modules, each of which takes a third of a second, the
// recipe, and an earlier output.
func writeSlow(t *testing.T, dir string, count int) {
	t.Helper()
	var modules []gen.Module
	for _, m := range gen.Mistral7B()[:count] {
		modules = append(modules, gen.Module{Name: m.Name, Out: 512, In: 512})
	}
	for name, folder := range map[string]string{"a": "a", "b": "b", "earlier": "out/merged"} {
		spec := gen.Spec{Name: name, Base: "tiny", Modules: modules, Rank: 8, Alpha: 16, DType: safetensors.BF16}
		if err := gen.Write(filepath.Join(dir, folder), spec); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "slow.yaml"), []byte(slow), 0o666); err != nil {
		t.Fatal(err)
	}
}
