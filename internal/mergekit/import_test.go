package mergekit

import (
	"errors"
	"strings"
	"testing"

	"github.com/hashicorp/go-multierror"
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

func TestImportRefuses(t *testing.T) {
	for source, want := range map[string][]string{
		"":                                  {"1:1: the file is empty"},
		"a: [":                              {"1:1: this is not YAML: line 1: did not find expected node content"},
		"- a":                               {"1:1: the configuration is not a table"},
		"models: a":                         {"1:9: models is not a list"},
		"models: []":                        {"1:1: the configuration names no models; list the adapters"},
		"models: [{}]":                      {"1:10: there is no `model` here; write"},
		inModels("passthrough", ""):         {`1:1: there is no way to import the merge method "passthrough"; known are dare_linear, dare_ties, karcher, linear, nuslerp, slerp, task_arithmetic, ties`},
		inModels("[ties]", ""):              {"4:15: merge_method is not a text"},
		inModels("ties", "modules: {}"):     {"5:1: `modules` puts a model together from parts"},
		inModels("linear", "base_model: a"): {"2:3: the base model takes part in the mean"},
		inModels("slerp", "base_model: a"):  {"1:1: slerp has no t; add it"},
		inModels("slerp", "parameters: {t: 0.5}"):                                                                                      {"1:1: base_model is neither of the two models"},
		inModels("slerp", "base_model: a\nparameters: {t: [0, 2]}"):                                                                    {"6:21: t is 2; write a number from 0 to 1"},
		inModels("slerp", "base_model: a\nparameters: {t: half}"):                                                                      {`6:17: t is not a number: "half"`},
		inModels("slerp", "base_model: a\nparameters: {t: []}"):                                                                        {"6:17: t is an empty list"},
		inModels("linear", "parameters: {normalize: perhaps}"):                                                                         {"5:25: normalize is neither true nor false"},
		"merge_method: ties\nmodels: [{model: a}]":                                                                                     {"2:10: a has no weight"},
		"merge_method: ties\nmodels: [{model: a, parameters: {weight: {filter: mlp}}}]":                                                {"2:42: a condition of weight has no value", "2:10: a has no weight"},
		"merge_method: ties\nmodels: [{model: a, parameters: {weight: {value: 1, layer: 2}}}]":                                         {`2:53: a condition has a filter and a value, and no "layer"`},
		"merge_method: slerp\nmodels: [{model: a}]\nparameters: {t: 0}":                                                                {"1:1: slerp takes two models, and there are 1"},
		"merge_method: slerp\nslices: [{sources: [{model: a, layer_range: [4, 8]}]}]":                                                  {"2:45: layer_range does not begin with the first layer"},
		"merge_method: slerp\nslices: [{sources: [{model: a, layer_range: [0, 8]}, {model: b, layer_range: [0, 4]}]}]":                 {"2:10: the sources take different layers"},
		"merge_method: slerp\nslices: [{sources: [{model: a, layer_range: [0, 8]}]}, {sources: [{model: b, layer_range: [8, 16]}]}]\n": {"2:9: 2 slices put layers together anew"},
	} {
		_, _, err := Import([]byte(source), somewhere)
		all, _ := errors.AsType[*multierror.Error](err)
		if all == nil || len(all.Errors) != len(want) {
			t.Errorf("%q: %v", source, err)
			continue
		}
		for i, e := range all.Errors {
			if !strings.HasPrefix(e.Error(), want[i]) {
				t.Errorf("%q\ngot  %v\nwant %s", source, e, want[i])
			}
		}
	}
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
	conditions := strings.Repeat("{filter: x, value: 1},", 900)
	parameters := strings.Repeat("*p,", 900)
	source := "merge_method: linear\nx: &c [" + conditions + "]\ny: &p {model: a, parameters: {weight: *c}}\nmodels: [" + parameters + "]\n"
	if text, _, err := Import([]byte(source), Options{Modules: func(string) ([]string, error) { return nil, errors.New("absent") }}); err == nil {
		t.Errorf("%d bytes", len(text))
	}
	if _, _, err := Import([]byte("models: ["+strings.Repeat("a,", 2000)+"]"), somewhere); err == nil || !strings.Contains(err.Error(), "more than 1000") {
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
