package peft

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"pgregory.net/rapid"
)

// inputOf is an adapter as far as its configuration counts, with pairs of those names.
func inputOf(t *testing.T, config string, pairs ...string) *adapter.Adapter {
	t.Helper()
	c, err := parseConfig("file", []byte(config))
	if err != nil {
		t.Fatal(err)
	}
	a := &adapter.Adapter{Own: c}
	for _, name := range pairs {
		a.Modules = append(a.Modules, *linear(name, 2, 1))
	}
	return a
}

// merged decodes what MergedConfig writes.
func merged(t *testing.T, inputs []*adapter.Adapter, modules []*adapter.Module, base string) map[string]any {
	t.Helper()
	text, err := MergedConfig(inputs, modules, adapter.Base{Name: base}).JSON()
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatalf("%s\n%v", text, err)
	}
	return fields
}

func TestMergedConfigOfPlainInputs(t *testing.T) {
	inputs := []*adapter.Adapter{inputOf(t, configWith(), "h.0.q_proj"), inputOf(t, configWith(), "h.0.q_proj")}
	text, err := MergedConfig(inputs, []*adapter.Module{linear("h.0.q_proj", 2, 2)}, adapter.Base{Name: "org/model"}).JSON()
	if err != nil {
		t.Fatal(err)
	}
	// The fields and their order are those of PEFT 0.18's save_pretrained.
	want := `{
  "alpha_pattern": {},
  "auto_mapping": null,
  "base_model_name_or_path": "org/model",
  "bias": "none",
  "fan_in_fan_out": false,
  "inference_mode": true,
  "init_lora_weights": true,
  "lora_alpha": 4,
  "lora_dropout": 0,
  "modules_to_save": null,
  "peft_type": "LORA",
  "r": 2,
  "rank_pattern": {},
  "revision": null,
  "target_modules": [
    "q_proj"
  ],
  "task_type": null,
  "use_dora": false,
  "use_rslora": false
}
`
	if string(text) != want {
		t.Errorf("got %s", text)
	}
}

func TestMergedFields(t *testing.T) {
	for _, c := range []struct {
		field      string
		x, y, want string
	}{
		{"task_type", `"CAUSAL_LM"`, `"CAUSAL_LM"`, `CAUSAL_LM`}, {"task_type", `"CAUSAL_LM"`, `"SEQ_2_SEQ_LM"`, `<nil>`}, {"task_type", "", `"CAUSAL_LM"`, `<nil>`},
		{"auto_mapping", `{"a": "b"}`, `{"a": "b"}`, "map[a:b]"}, {"auto_mapping", `{"a":"b", "c": [1, 2]}`, "{\n  \"c\": [1,2],\n  \"a\": \"b\"\n}", "map[a:b c:[1 2]]"},
		{"auto_mapping", `{"a": "b"}`, `{"a": "c"}`, "<nil>"}, {"revision", `"main"`, "null", "<nil>"},
		{"fan_in_fan_out", "true", "false", "true"}, {"fan_in_fan_out", "false", "", "false"},
	} {
		inputs := []*adapter.Adapter{inputOf(t, configWith(c.field, c.x)), inputOf(t, configWith(c.field, c.y))}
		if got := fmt.Sprint(merged(t, inputs, nil, "")[c.field]); got != c.want {
			t.Errorf("%s of %s and %s: got %s", c.field, c.x, c.y, got)
		}
	}
}

// ensure_weight_tying stays as long as there is an embedding or a head to tie: PEFT would put
// a head's copy into the base model's own weights without it (huggingface/peft#2777).
func TestMergedWeightTying(t *testing.T) {
	tied := configWith("ensure_weight_tying", "true", "modules_to_save", `["embed_tokens"]`)
	heads := []*adapter.Module{{Name: "model.embed_tokens.weight", Form: adapter.Whole}, {Name: "lm_head.weight", Form: adapter.Whole}}
	for _, c := range []struct {
		what    string
		configs []string
		heads   []*adapter.Module
		want    any
	}{
		{"both", []string{tied, tied}, heads, true},
		{"one", []string{tied, configWith("modules_to_save", `["embed_tokens"]`)}, heads, true},
		{"left out", []string{tied, tied}, nil, nil},
		{"neither", []string{configWith("modules_to_save", `["embed_tokens"]`)}, heads, nil},
		{"an embedding pair", []string{configWith("ensure_weight_tying", "true", "target_modules", `["q_proj", "embed_tokens"]`)}, []*adapter.Module{{Name: "model.embed_tokens", Form: adapter.Embedding, Rank: 2, Scale: 2}}, true},
	} {
		var inputs []*adapter.Adapter
		for _, config := range c.configs {
			a := inputOf(t, config, "h.0.q_proj")
			for _, head := range heads {
				a.Modules = append(a.Modules, *head)
			}
			inputs = append(inputs, a)
		}
		if got := merged(t, inputs, append([]*adapter.Module{linear("h.0.q_proj", 2, 2)}, c.heads...), "")["ensure_weight_tying"]; got != c.want {
			t.Errorf("%s: %v", c.what, got)
		}
	}
}

func TestMergedBase(t *testing.T) {
	input := inputOf(t, configWith("base_model_name_or_path", `"other"`))
	if got := merged(t, []*adapter.Adapter{input}, nil, "")["base_model_name_or_path"]; got != nil {
		t.Errorf("no base: %v", got)
	}
	if got := merged(t, []*adapter.Adapter{input}, nil, "a<b>&c")["base_model_name_or_path"]; got != "a<b>&c" {
		t.Errorf("a base: %v", got)
	}
}

func TestMergedTargets(t *testing.T) {
	q, v := "h.0.attn.q_proj", "h.0.attn.v_proj"
	for _, c := range []struct {
		what   string
		inputs []*adapter.Adapter
		held   []string
		want   []string
	}{
		{"a union", []*adapter.Adapter{inputOf(t, configWith("target_modules", `["q_proj"]`), q), inputOf(t, configWith("target_modules", `["v_proj"]`), v)},
			[]string{q, v}, []string{"q_proj", "v_proj"}},
		{"an entry without tensors", []*adapter.Adapter{inputOf(t, configWith("target_modules", `["q_proj", "c_attn"]`), q)}, []string{q}, []string{"q_proj"}},
		{"an entry whose pairs were left out", []*adapter.Adapter{inputOf(t, configWith("target_modules", `["q_proj", "v_proj"]`), q, v)}, []string{v}, []string{"v_proj"}},
		{"an entry that reaches what was left out", []*adapter.Adapter{inputOf(t, configWith("target_modules", `["q_proj"]`), q, "h.1.attn.q_proj")}, []string{q}, []string{q}},
		{"a dotted entry", []*adapter.Adapter{inputOf(t, configWith("target_modules", `["attn.q_proj", "0.attn.v_proj"]`), q, v)}, []string{q, v}, []string{"0.attn.v_proj", "attn.q_proj"}},
		{"an entry that ends within a part", []*adapter.Adapter{inputOf(t, configWith("target_modules", `["proj"]`), q)}, []string{q}, []string{q}},
		{"a regular expression", []*adapter.Adapter{inputOf(t, configWith("target_modules", `".*q_proj"`), q)}, []string{q}, []string{q}},
		{"all-linear", []*adapter.Adapter{inputOf(t, configWith("target_modules", `"all-linear"`), q, v)}, []string{q, v}, []string{q, v}},
		{"chosen layers", []*adapter.Adapter{inputOf(t, configWith("layers_to_transform", "[0]"), q)}, []string{q}, []string{q}},
		{"the first layer", []*adapter.Adapter{inputOf(t, configWith("layers_to_transform", "0"), q)}, []string{q}, []string{q}},
		{"no chosen layers", []*adapter.Adapter{inputOf(t, configWith("layers_to_transform", "null"), q)}, []string{q}, []string{"q_proj"}},
		{"excluded modules", []*adapter.Adapter{inputOf(t, configWith("exclude_modules", `["x"]`), q)}, []string{q}, []string{q}},
		{"one of two", []*adapter.Adapter{inputOf(t, configWith("exclude_modules", `["x"]`), q), inputOf(t, configWith(), q)}, []string{q}, []string{"q_proj"}},
	} {
		var modules []*adapter.Module
		for _, name := range c.held {
			modules = append(modules, linear(name, 2, 1))
		}
		slices.Sort(c.want)
		if got := targetModules(c.inputs, modules); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.what, got, c.want)
		}
	}
}

// PEFT makes pairs for what target_modules reaches: that must be every pair that is
// written, and none that the inputs have but the output does not.
func TestMergedTargetsReachWhatIsWritten(t *testing.T) {
	names := []string{"h.0.a.q", "h.0.a.k", "h.0.q", "h.1.a.q", "h.1.a.k"}
	entry := rapid.SampledFrom([]string{"q", "k", "a.q", "0.a.k", "h.0.a.q", "h.1.a.k", "none"})
	rapid.Check(t, func(rt *rapid.T) {
		quoted, _ := json.Marshal(rapid.SliceOfDistinct(entry, rapid.ID[string]).Draw(rt, "entries"))
		input := inputOf(t, configWith("target_modules", string(quoted)), names...)
		var modules []*adapter.Module
		held := map[string]bool{}
		for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(names), 1, 5, rapid.ID[string]).Draw(rt, "held") {
			modules = append(modules, linear(name, 2, 1))
			held[name] = true
		}
		written := make(entrySet)
		for _, name := range targetModules([]*adapter.Adapter{input}, modules) {
			written[name] = true
		}
		for _, name := range names {
			if written.reaches(name) != held[name] {
				rt.Errorf("%s is reached by %v: held %v", name, written, held[name])
			}
		}
	})
}

// What is written is read back by Open with the same ranks, α and scales.
func TestMergedConfigIsReadBack(t *testing.T) {
	modules := []*adapter.Module{linear("h.0.q_proj", 2, 2), linear("h.1.q_proj", 2, 2), linear("h.2.q_proj", 4, 0.75), linear("q_proj", 8, 3)}
	config, err := MergedConfig([]*adapter.Adapter{inputOf(t, configWith())}, modules, adapter.Base{Name: "org/model"}).JSON()
	if err != nil {
		t.Fatal(err)
	}
	path := t.TempDir()
	writeFile(t, filepath.Join(path, ConfigFile), config)
	writeAll(t, filepath.Join(path, WeightsFile), modules, nil)
	a := mustOpen(t, path)
	if len(a.Notes) != 0 {
		t.Errorf("notes %q", noteTexts(a))
	}
	for _, m := range modules {
		if got := module(t, a, m.Name); got.Rank != m.Rank || got.Scale != m.Scale || got.Alpha != m.Scale*float64(m.Rank) {
			t.Errorf("%s: rank %d, α %v, scale %v", m.Name, got.Rank, got.Alpha, got.Scale)
		}
	}
}
