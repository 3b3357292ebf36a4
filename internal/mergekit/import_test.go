package mergekit

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/golden"
	"gopkg.in/yaml.v3"
)

// known pretends that every adapter has these modules.
func known(modules ...string) Options {
	return Options{File: "m.yml", Modules: func(string) ([]string, error) { return modules, nil }}
}

var somewhere = known("layers.0.self_attn.q_proj", "layers.1.mlp.up_proj")

// inModels are two models and a method, with lines after them.
func inModels(method, lines string) string {
	return "models:\n- {model: a, parameters: {weight: 1}}\n- {model: b, parameters: {weight: 2}}\nmerge_method: " + method + "\n" + lines
}

// TestImportSays: what is wrong with a configuration, and what a recipe can't say as it does, is
// to the letter in the golden file, below each configuration.
func TestImportSays(t *testing.T) {
	var out strings.Builder
	for _, source := range []string{
		"",
		"a: [",
		"- a",
		"models: a",
		"models: []",
		"models: [{}]",
		inModels("passthrough", ""),
		inModels("[ties]", ""),
		inModels("ties", "modules: {}"),
		inModels("linear", "base_model: a"),
		inModels("slerp", "base_model: a"),
		inModels("slerp", "parameters: {t: 0.5}"),
		inModels("slerp", "base_model: a\nparameters: {t: [0, 2]}"),
		inModels("slerp", "base_model: a\nparameters: {t: half}"),
		inModels("slerp", "base_model: a\nparameters: {t: []}"),
		inModels("linear", "parameters: {normalize: perhaps}"),
		"merge_method: ties\nmodels: [{model: a}]",
		"merge_method: ties\nmodels: [{model: a, parameters: {weight: {filter: mlp}}}]",
		"merge_method: ties\nmodels: [{model: a, parameters: {weight: {value: 1, layer: 2}}}]",
		"merge_method: slerp\nmodels: [{model: a}]\nparameters: {t: 0}",
		"merge_method: slerp\nslices: [{sources: [{model: a, layer_range: [4, 8]}]}]",
		"merge_method: slerp\nslices: [{sources: [{model: a, layer_range: [0, 8]}, {model: b, layer_range: [0, 4]}]}]",
		"merge_method: slerp\nslices: [{sources: [{model: a, layer_range: [0, 8]}]}, {sources: [{model: b, layer_range: [8, 16]}]}]\n",
		inModels("ties", "name: x"),
		strings.Repeat("# a megabyte\n", 1<<17),
		inModels("nuslerp", "base_model: a"),
		inModels("sce", "base_model: c\nparameters: {select_topk: 2}"),
		"merge_method: sce\nbase_model: c\nmodels: [{model: a, parameters: {select_topk: 0.1}}, {model: b}]",
		inModels("nuslerp", "parameters: {nuslerp_flatten: false, nuslerp_row_wise: true}"),
		inModels("linear", "base_model: a\nparameters: {normalize: false}"),
		inModels("karcher", "base_model: c"),
		"merge_method: linear\nmodels: [{model: a, name: x, parameters: {weight: 1}}]",
		"merge_method: slerp\nbase_model: a\nslices: [{sources: [{model: a, layer_range: [0, 8]}, {model: b, layer_range: [0, 8]}], name: x}]\nparameters: {t: 0}",
	} {
		_, notes, err := Import([]byte(source), somewhere)
		if shown, long := strings.CutPrefix(source, "# a megabyte\n"); long {
			source = "# a megabyte\n… and so on, " + fmt.Sprint(len(shown)) + " bytes more"
		}
		out.WriteString("\t" + strings.ReplaceAll(source, "\n", "\n\t") + "\n")
		for _, e := range fault.List(err) {
			fmt.Fprintln(&out, "error:", e)
		}
		for _, n := range notes {
			fmt.Fprintln(&out, "note:", n)
		}
	}
	golden.Compare(t, "testdata/import.golden", []byte(out.String()))
}

// mergekit takes the first condition that applies: of the model's own setting, then of
// the setting for all.
func TestSettings(t *testing.T) {
	for _, c := range []struct{ own, shared, want string }{
		{"1", "", "1"},
		{"'0.5'", "", "0.5"},
		{"[0, 1]", "", "{layers: [0, 1], default: 0}"},
		{"{value: 2}", "", "2"},
		{"[{value: 2}, {filter: mlp, value: 1}]", "", "2"},
		{"[{filter: mlp, value: 1}, {filter: '*', value: 2}]", "", `{modules: {"*mlp*": 1}, default: 2}`},
		{"[{filter: mlp, value: [1, 0]}, {filter: q_proj.weight, value: 3}, {value: 2}]", "", `{modules: {"*mlp*": {layers: [1, 0], default: 1}, "*q_proj": 3}, default: 2}`},
		{"{filter: mlp, value: 1}", "5", `{modules: {"*mlp*": 1}, default: 5}`},
		{"{filter: mlp, value: 1}", "[{filter: attn, value: 4}, {value: 5}]", `{modules: {"*mlp*": 1, "*attn*": 4}, default: 5}`},
		{"{filter: mlp, value: 1}", "[{filter: mlp, value: 4}, {value: 5}]", `{modules: {"*mlp*": 1}, default: 5}`},
		{"[{filter: lm_head, value: 1}, {value: 2}]", "", "2"},
	} {
		source := "merge_method: linear\nmodels: [{model: a, parameters: {weight: " + c.own + "}}]\n"
		if c.shared != "" {
			source += "parameters: {weight: " + c.shared + "}\n"
		}
		text, _, err := Import([]byte(source), somewhere)
		if err != nil || !strings.Contains(string(text), "\n    weights: "+c.want+"\n") {
			t.Errorf("%s and %s: want %s in\n%s\n%v", c.own, c.shared, c.want, text, err)
		}
	}
}

// Aliases can repeat a line a million times.
func TestImportIsBounded(t *testing.T) {
	models := "merge_method: linear\nm: &m {model: a, parameters: {" + strings.Repeat("x: 1,", 200) + "}}\nmodels: [" + strings.Repeat("*m,", 900) + "]"
	if _, _, err := Import([]byte(models), somewhere); err == nil || !strings.Contains(err.Error(), "the aliases of this file repeat more than 131072 values; write the values out") {
		t.Errorf("got %v", err)
	}
	conditions := strings.Repeat("{filter: x, value: 1},", 900)
	parameters := strings.Repeat("*p,", 900)
	source := "merge_method: linear\nx: &c [" + conditions + "]\ny: &p {model: a, parameters: {weight: *c}}\nmodels: [" + parameters + "]\n"
	if text, _, err := Import([]byte(source), Options{Modules: func(string) ([]string, error) { return nil, errors.New("absent") }}); err == nil {
		t.Errorf("%d bytes, %v", len(text), err)
	}
	if _, _, err := Import([]byte("models: ["+strings.Repeat("a,", 2000)+"]"), somewhere); err == nil || !strings.Contains(err.Error(), "models is a list of more than 1000; merge in several steps") {
		t.Errorf("got %v", err)
	}
	if _, _, err := Import([]byte(strings.Repeat("# a megabyte\n", 1<<17)), somewhere); err == nil || !strings.Contains(err.Error(), "the file is larger than 1048576 bytes") {
		t.Errorf("got %v", err)
	}
}

func FuzzImport(f *testing.F) {
	for _, seed := range []string{
		inModels("ties", "parameters: {density: [{filter: mlp, value: [0, 1]}, {value: 0.5}]}"),
		inModels("slerp", "base_model: a\nparameters: {t: [0, 1]}\ndtype: bfloat16"),
		"merge_method: dare_linear\nslices: [{sources: [{model: &m x+y@z, layer_range: [0, 8], parameters: {weight: 1}}, {model: *m}]}]",
		"a: &a [*a]", "models: \xff",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		text, _, err := Import(source, somewhere)
		if err != nil {
			return
		}
		var recipe struct{ Stages map[string]any }
		if err := yaml.Unmarshal(text, &recipe); err != nil || recipe.Stages["out"] == nil {
			t.Errorf("%v in\n%s", err, text)
		}
	})
}
