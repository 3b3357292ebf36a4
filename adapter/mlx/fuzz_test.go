package mlx

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/jsonobject"
	"github.com/loramerge/loramerge/internal/safetensors"
)

var fuzzConfigs = []string{
	`{"fine_tune_type": "lora", "lora_parameters": {"dropout": 0.0, "rank": 8, "scale": 20.0, "keys": ["self_attn.q_proj"]}, "model": "org/model", "num_layers": 16}`,
	`{"lora_parameters": {"rank": 8, "scale": 1e300, "alpha": 1e300}, "lora_layers": 16, "use_dora": false}`, `{"fine_tune_type": "full"}`, `{"fine_tune_type": "dora"}`,
	`{"lora_parameters": {"rank": -1, "scale": -0.0, "alpha": 16, "x": [1]}, "lora_layers": null, "revision": "main", "model": null}`,
	`{"lora_parameters": null}`, `{"lora_parameters": [], "lora_parameters": {}}`, "{\n\"lora_parameters\": {\n\"scale\": \"x\"}}", "{}", "null", "[]", "\ufeff{}", `{"peft_type": "LORA"}`,
}

// FuzzConfig reads a configuration as Open does, and where it can be merged writes a module of
// its scale and reads that back. A tensor's name is parsed as the file's names are.
func FuzzConfig(f *testing.F) {
	for i, text := range fuzzConfigs {
		f.Add([]byte(text), []string{"model.layers.0.self_attn.q_proj.lora_a", "q.lora_b.17", "0.lora_a.", "lora_a", "m.m"}[i%5])
	}
	f.Fuzz(func(t *testing.T, data []byte, name string) {
		fuzzName(t, name)
		object, err := jsonobject.Parse("file", data)
		var c *config
		if err == nil {
			c, err = parseConfig("file", object)
		}
		if err != nil {
			all := []error{err}
			if several, ok := errors.AsType[*multierror.Error](err); ok {
				all = several.Errors
			}
			for _, e := range all {
				if problem, ok := errors.AsType[*fault.Fault](e); !ok || problem.Remedy == "" || problem.File != "file" {
					t.Fatalf("names no file or no remedy: %v", e)
				}
			}
			return
		}
		half := adapter.Stored(safetensors.Tensor{Name: "q", DType: safetensors.F32, Shape: []int{2, 2}})
		m := &adapter.Module{Name: "q", Rank: 2, A: half, B: half}
		if scale("file", m, c) != nil {
			return
		}
		c.notes()
		layout, err := Format.Layout(adapter.Content{Modules: []*adapter.Module{m}, Base: c.baseModel()})
		if err != nil {
			t.Fatal(err)
		}
		again, err := jsonobject.Parse("file", layout.Config)
		if err != nil {
			t.Fatal(err)
		}
		read, err := parseConfig("file", again)
		if err != nil {
			t.Fatalf("%s\n%v", layout.Config, err)
		}
		if math.Float64bits(read.factor()) != math.Float64bits(m.Scale) || read.baseModel() != c.baseModel() {
			t.Fatalf("scale %v of %q was read back as %v of %q", m.Scale, c.baseModel(), read.factor(), read.baseModel())
		}
	})
}

// fuzzName: a name is that of the half of a module, or of nothing.
func fuzzName(t *testing.T, name string) {
	k := parseKey(name)
	if k.half == 0 {
		if k.module != "" {
			t.Fatalf("%q is of module %q, and no half", name, k.module)
		}
		return
	}
	whole := k.module + ".lora_" + string(k.half)
	if k.part != "" {
		whole += "." + k.part
	}
	if whole != name || strings.Trim(k.part, "0123456789") != "" {
		t.Fatalf("%q is parsed as %+v", name, k)
	}
}
