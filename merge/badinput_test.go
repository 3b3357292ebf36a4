package merge_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter/peft"
	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/merge/run"
)

// TestBadFolder: an input that is no adapter is an error that names the file and says
// what to do, and the earlier output stays.
func TestBadFolder(t *testing.T) {
	weights := func(change func([]byte) []byte) func(*testing.T, string) {
		return func(t *testing.T, folder string) {
			path := filepath.Join(folder, peft.WeightsFile)
			writeFile(t, path, change([]byte(readBytes(t, path))))
		}
	}
	for name, c := range map[string]struct {
		spoil       func(t *testing.T, folder string)
		file, words string
	}{
		"truncated":        {weights(func(b []byte) []byte { return b[:len(b)-1] }), peft.WeightsFile, "download"},
		"trailing bytes":   {weights(func(b []byte) []byte { return append(b, 0) }), peft.WeightsFile, ""},
		"header too long":  {weights(func(b []byte) []byte { return append([]byte{255, 255, 255, 255, 255, 255, 255, 127}, b[8:]...) }), peft.WeightsFile, ""},
		"another dtype":    {weights(func(b []byte) []byte { return []byte(strings.Replace(string(b), `"F32"`, `"F64"`, 1)) }), peft.WeightsFile, ""},
		"pointer":          {weights(func([]byte) []byte { return []byte(lfsPointer) }), peft.WeightsFile, "git lfs pull"},
		"empty":            {weights(func([]byte) []byte { return nil }), peft.WeightsFile, ""},
		"no configuration": {func(t *testing.T, folder string) { remove(t, filepath.Join(folder, peft.ConfigFile)) }, peft.ConfigFile, "adapter"},
		"no weights":       {func(t *testing.T, folder string) { remove(t, filepath.Join(folder, peft.WeightsFile)) }, peft.WeightsFile, "adapter"},
		"no JSON": {func(t *testing.T, folder string) {
			writeFile(t, filepath.Join(folder, peft.ConfigFile), []byte("{"))
		}, peft.ConfigFile, "copy it"},
	} {
		t.Run(name, func(t *testing.T) {
			recipe := work(t, alike(), "m: {ties: [a, b], density: 0.5}", "o: {save: m, to: out}")
			runRecipe(t, recipe)
			old := content(t, recipe)
			folder := filepath.Join(filepath.Dir(recipe), "a")
			c.spoil(t, folder)
			m := onlyFault(t, recipe)
			if text := m.Error(); m.Line != 3 || !strings.Contains(text, filepath.Join(folder, c.file)) || !strings.Contains(text, c.words) {
				t.Errorf("%v\nwant line 3, %s and %q", m, c.file, c.words)
			}
			if content(t, recipe) != old {
				t.Error("the earlier output is another")
			}
		})
	}
}

const lfsPointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

// filled is an adapter of one module whose A and B hold one number each.
func filled(a, b float32) folder {
	f := folder{config: map[string]any{"r": 2, "lora_alpha": 2}, tensors: pair("h.0.q_proj", safetensors.F32, 4, 6, 2)}
	for i, x := range []float32{a, b} {
		f.tensors[i].data = make([]float32, elements(f.tensors[i]))
		for j := range f.tensors[i].data {
			f.tensors[i].data[j] = x
		}
	}
	return f
}

// TestExtremes: what can be answered is answered without NaN: a rank above
// min(out, in), a delta of 0, numbers at both ends of float32.
func TestExtremes(t *testing.T) {
	for name, adapters := range map[string]map[string]folder{
		"zero B":    {"a": filled(1, 0), "b": filled(2, 0)},
		"zero":      {"a": filled(0, 0), "b": filled(0, 0)},
		"opposites": {"a": filled(1, 1), "b": filled(1, -1)},
		"tiny":      {"a": filled(1e-38, 1e-38), "b": filled(1e-45, 1e-40)},
		"large":     {"a": filled(1e11, 1e11), "b": filled(-1e11, 1e11)},
	} {
		for _, line := range []string{
			"m: {svd: [a, b], rank: 40}", "m: {svd: [a, b], rank: 1}", "m: {svd: [a, b], energy: 0.5}", "m: {svd: [a, b], budget: 2}",
			"m: {ties: [a, b], density: 0.5, space: delta, rank: 40}", "m: {dare: [a, b], density: 0.5, rescale: l2, space: delta, energy: 1}",
			"m: {slerp: [a, b]}", "m: {karcher: [a, b]}", "m: {dare: [a, b], like: article}", "m: {rank: a, to: 1, how: truncate}",
		} {
			recipe := work(t, adapters, line, "o: {save: m, to: out, dtype: float32}")
			runRecipe(t, recipe)
			for module, x := range effects(t, saved(t, recipe)) { // which refuses NaN and Inf
				if name == "zero" || name == "zero B" {
					if size := distance(x, make([]float32, len(x))); size != 0 {
						t.Errorf("%s, %s: ‖ΔW‖ of %s is %g", name, line, module, size)
					}
				}
			}
		}
	}
}

// TestOverflow: what no file can hold is an error that says where, and nothing is saved.
func TestOverflow(t *testing.T) {
	huge := map[string]folder{"a": filled(1e25, 1e25), "b": filled(-1e25, 1e25)}
	large := map[string]folder{"a": filled(1, 70000), "b": filled(1, 1)}
	for _, c := range []struct {
		adapters map[string]folder
		line     string
		dtype    string
		words    []string
	}{
		{huge, "m: {ties: [a, b], density: 1, space: delta, rank: 2}", "float32", []string{`:5:3: the result at module "h.0.q_proj" is too large: adapter "`, "; check the weights and scales of this stage and of those before it"}},
		{huge, "m: {ties: [a, b], density: 1, space: delta, energy: 0.5}", "float32", []string{`:5:3: the result at module "h.0.q_proj" is too large: adapter "`, "; check the weights and scales of this stage and of those before it"}},
		{huge, "m: {scale: a, by: 1e9}", "float32", []string{`:5:3: the result at module "h.0.q_proj" is too large: adapter "`, "; check the weights and scales of this stage and of those before it"}},
		{large, "m: {scale: a}", "float16", []string{":6:3:", "h.0.q_proj.lora_B.weight", "70000", "F16", "; save with `dtype: float32` or bfloat16, check the weights and scales of the stages before it, or limit it with `clamp: true`"}},
	} {
		recipe := work(t, c.adapters, c.line, fmt.Sprintf("o: {save: m, to: out, dtype: %s}", c.dtype))
		before := entries(t, recipe)
		_, err := runWith(t, recipe, run.Options{})
		if err == nil {
			t.Errorf("%s: saved", c.line)
			continue
		}
		for _, words := range c.words {
			if !strings.Contains(err.Error(), words) {
				t.Errorf("%s: %v\nwant %q", c.line, err, words)
			}
		}
		if after := entries(t, recipe); after != before {
			t.Errorf("%s left behind: %s", c.line, after)
		}
	}
}

// TestNotFinite: NaN or Inf in an input names file and tensor.
func TestNotFinite(t *testing.T) {
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		recipe := work(t, map[string]folder{"a": filled(1, float32(bad))}, "m: {ties: a, density: 0.5, like: ties-paper}", "o: {save: m, to: out}")
		before := entries(t, recipe)
		_, err := runWith(t, recipe, run.Options{})
		if err == nil || !strings.Contains(err.Error(), "h.0.q_proj.lora_B.weight") || !strings.Contains(err.Error(), fmt.Sprint(bad)) || !strings.Contains(err.Error(), peft.WeightsFile) {
			t.Errorf("%v in a tensor: %v", bad, err)
		}
		if after := entries(t, recipe); after != before {
			t.Errorf("left behind: %s", after)
		}
	}
}
