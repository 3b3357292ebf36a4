package merge_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/adapter/peft"
	"github.com/loramerge/loramerge/internal/kernels"
	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
)

// tensor is one to be written; elements that are not given are drawn from a stream
// that belongs to folder and tensor.
type tensor struct {
	name  string
	dtype safetensors.DType
	shape []int
	data  []float32
}

// folder is an adapter to be written: what of its configuration is not PEFT's
// default, and its tensors.
type folder struct {
	config  map[string]any
	tensors []tensor
}

// pair is the two tensors of a linear layer.
func pair(module string, dtype safetensors.DType, out, in, rank int) []tensor {
	return []tensor{
		{name: module + ".lora_A.weight", dtype: dtype, shape: []int{rank, in}},
		{name: module + ".lora_B.weight", dtype: dtype, shape: []int{out, rank}},
	}
}

// plain is an adapter of two layers with three modules each.
func plain(rank int, alpha float64, dtype safetensors.DType) folder {
	f := folder{config: map[string]any{"r": rank, "lora_alpha": alpha}}
	for i := range 2 {
		layer := fmt.Sprintf("model.layers.%d.", i)
		f.tensors = append(f.tensors, slices.Concat(pair(layer+"q_proj", dtype, 24, 16, rank), pair(layer+"v_proj", dtype, 8, 16, rank), pair(layer+"down_proj", dtype, 16, 40, rank))...)
	}
	return f
}

// with adds a tensor of given numbers.
func (f folder) with(name string, dtype safetensors.DType, shape []int, data ...float32) folder {
	f.tensors = append(slices.Clone(f.tensors), tensor{name, dtype, shape, data})
	return f
}

func (f folder) write(t testing.TB, path string) {
	t.Helper()
	config := map[string]any{"peft_type": "LORA", "base_model_name_or_path": "tiny", "target_modules": []string{"q_proj"}}
	maps.Copy(config, f.config)
	text, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(path, 0o777); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(path, peft.ConfigFile), text)
	f.writeWeights(t, filepath.Join(path, peft.WeightsFile))
}

func (f folder) writeWeights(t testing.TB, path string) {
	t.Helper()
	f.writeWeightsAs(t, path, "base_model.model.")
}

// writeWeightsAs writes tensors of names that begin so.
func (f folder) writeWeightsAs(t testing.TB, path, prefix string) {
	t.Helper()
	var specs []safetensors.Spec
	for _, x := range f.tensors {
		specs = append(specs, safetensors.Spec{Name: prefix + x.name, DType: x.dtype, Shape: x.shape})
	}
	layout, err := safetensors.NewLayout(specs, nil)
	if err != nil {
		t.Fatal(err)
	}
	data := slices.Clone(layout.Header())
	for _, x := range layout.Tensors() {
		at := slices.IndexFunc(f.tensors, func(y tensor) bool { return prefix+y.name == x.Name })
		data = append(data, f.tensors[at].bytes(filepath.Base(filepath.Dir(path)), x.Elements())...)
	}
	writeFile(t, path, data)
}

// bytes encodes the elements.
func (x tensor) bytes(owner string, elements int) []byte {
	values := x.data
	if values == nil {
		values = make([]float32, elements)
		rng := rand.New(rand.NewChaCha8([32]byte([]byte(fmt.Sprintf("%-32.32s", owner+x.name)))))
		for i := range values {
			values[i] = float32(rng.NormFloat64() * 0.1)
		}
	}
	out := make([]byte, elements*x.dtype.Bits()/8)
	switch x.dtype {
	case safetensors.F16:
		kernels.EncodeF16(out, values)
	case safetensors.BF16:
		kernels.EncodeBF16(out, values)
	case safetensors.F64:
		kernels.EncodeF64(out, values)
	case safetensors.F32:
		kernels.EncodeF32(out, values)
	default:
		for i, v := range values {
			out[i] = byte(v)
		}
	}
	return out
}

// work makes a folder with adapters and a recipe in it, and gives the recipe's path.
func work(t testing.TB, adapters map[string]folder, lines ...string) string {
	t.Helper()
	dir := t.TempDir()
	for name, f := range adapters {
		f.write(t, filepath.Join(dir, name))
	}
	return writeRecipe(t, dir, adapters, lines...)
}

// writeRecipe loads every adapter under its own name, from line 3 on, and then says
// what the lines say.
func writeRecipe(t testing.TB, dir string, adapters map[string]folder, lines ...string) string {
	t.Helper()
	text := "version: 1\nstages:\n"
	for _, name := range slices.Sorted(maps.Keys(adapters)) {
		text += fmt.Sprintf("  %s: {load: %s}\n", name, name)
	}
	for _, line := range lines {
		text += "  " + line + "\n"
	}
	path := filepath.Join(dir, "recipe.yaml")
	writeFile(t, path, []byte(text))
	return path
}

// runWith plans a recipe and runs it in a way of its own.
func runWith(t testing.TB, path string, options run.Options) (*run.Result, error) {
	t.Helper()
	return runForced(t, path, options, false)
}

func runForced(t testing.TB, path string, options run.Options, force bool) (*run.Result, error) {
	t.Helper()
	p, err := plan.Load(path, plan.Options{Force: force})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	return run.Run(t.Context(), p, options)
}

// saved opens what a recipe saved to out.
func saved(t *testing.T, recipe string) *adapter.Adapter {
	t.Helper()
	return openAdapter(t, filepath.Join(filepath.Dir(recipe), "out"))
}

// effects are the ΔW of all pairs of an adapter, by module.
func effects(t *testing.T, a *adapter.Adapter) map[string][]float32 {
	t.Helper()
	out := make(map[string][]float32)
	for i := range a.Modules {
		if m := &a.Modules[i]; m.Form != adapter.Whole {
			out[m.Name] = delta(t, a, m)
		}
	}
	return out
}

// inputEffects are those of an input of a recipe.
func inputEffects(t *testing.T, recipe, name string) map[string][]float32 {
	t.Helper()
	return effects(t, openAdapter(t, filepath.Join(filepath.Dir(recipe), name)))
}

// content is the weights' file of what a recipe saved.
func content(t *testing.T, recipe string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(filepath.Dir(recipe), "out", peft.WeightsFile))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// entries are the names in a recipe's folder, to see that nothing is left behind.
func entries(t *testing.T, recipe string) string {
	t.Helper()
	found, err := os.ReadDir(filepath.Dir(recipe))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range found {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}
