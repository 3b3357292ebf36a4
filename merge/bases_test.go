package merge_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter/peft"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/merge/plan"
)

// based is an adapter that says of its base model what config does.
func based(config map[string]any, tensors ...tensor) folder {
	f := plain(4, 8, safetensors.F32)
	f.config = config
	if tensors != nil {
		f.tensors = tensors
	}
	return f
}

// TestBasesFirst: that base models differ is said before anything else that is wrong with
// two adapters, and of what else they differ in nothing.
func TestBasesFirst(t *testing.T) {
	head := tensor{"score.weight", safetensors.F32, []int{2, 3}, nil}
	for name, other := range map[string]folder{
		"other modules": based(map[string]any{"base_model_name_or_path": "large"}, pair("h.0.c_attn", safetensors.F32, 24, 16, 4)...),
		"other shapes":  based(map[string]any{"base_model_name_or_path": "large"}, pair("model.layers.0.q_proj", safetensors.F32, 30, 16, 4)...),
		"no pair":       based(map[string]any{"base_model_name_or_path": "large"}, head),
		"refused":       based(map[string]any{"base_model_name_or_path": "large", "use_dora": true}),
		"other scale":   based(map[string]any{"base_model_name_or_path": "large", "lora_alpha": 100}),
		"a revision":    based(map[string]any{"base_model_name_or_path": "large", "revision": "abc"}),
	} {
		path := work(t, map[string]folder{"a": plain(4, 8, safetensors.F32), "other": other}, "m: {average: [a, other]}", "o: {save: m, to: out}")
		p, err := plan.Load(path, plan.Options{})
		if err == nil {
			p.Close()
			t.Errorf("%s: accepted", name)
			continue
		}
		all := fault.List(err)
		if !strings.Contains(all[0].Error(), "different base models") || strings.Contains(err.Error(), "in common") || strings.Contains(err.Error(), "missing") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestRevisions: two revisions of one name are two base models, and `base` vouches for one
// of them, which the output then names.
func TestRevisions(t *testing.T) {
	adapters := map[string]folder{"a": based(map[string]any{"revision": "abc123"}), "b": based(map[string]any{"revision": "def456"}), "main": based(map[string]any{"revision": "main"}), "unset": based(nil)}
	for _, c := range []struct{ base, inputs, remedy, revision string }{
		{"", "[a, b]", "`base: tiny@abc123`", ""},
		{"", "[main, b]", "`base: tiny@main`", ""},
		{"tiny", "[a, b]", "`base: tiny@abc123`", ""},
		{"", "[main, unset]", "", ""},
		{"", "[a, a2]", "", "abc123"},
		{"tiny@abc123", "[a, b]", "", "abc123"},
		{"other@def456", "[a, b]", "", "def456"},
	} {
		path := work(t, adapters, "a2: {load: a}", "m: {average: "+c.inputs+"}", "o: {save: m, to: out}")
		if c.base != "" {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			writeFile(t, path, append([]byte("base: "+c.base+"\n"), text...))
		}
		if c.remedy != "" {
			if m := onlyFault(t, path); !strings.Contains(m.Text, "different revisions") || !strings.Contains(m.Remedy, c.remedy) {
				t.Errorf("%+v: %v", c, m)
			}
			continue
		}
		runRecipe(t, path)
		text, err := os.ReadFile(filepath.Join(filepath.Dir(path), "out", peft.ConfigFile))
		var config map[string]any
		if err != nil || json.Unmarshal(text, &config) != nil {
			t.Fatal(err)
		}
		if got, _ := config["revision"].(string); got != c.revision && !(got == "main" && c.revision == "") {
			t.Errorf("%+v: the output names revision %v", c, config["revision"])
		}
		if c.base != "" && config["base_model_name_or_path"] != strings.Split(c.base, "@")[0] {
			t.Errorf("%+v: the output names %v", c, config["base_model_name_or_path"])
		}
	}
}
