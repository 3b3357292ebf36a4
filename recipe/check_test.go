package recipe

import (
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	both := []string{"python", "sql"}
	for _, c := range []struct {
		text     string
		adapters []string
		want     []string
	}{
		{"0.5", both, nil},
		{"0.5", nil, nil},
		{"{python: 0, sql: 1}", both, nil},
		{"{default: 0.3}", nil, nil},
		{`{modules: {"*.q_proj": 1}, default: 0}`, nil, nil},
		{"{layers: [0, 1], default: 0}", both, nil},
		{"{pyton: 0, sql: 1}", both, []string{`3:26: no adapter called "pyton" flows into this stage; did you mean "python"?`}},
		{"{python: 0, sql: 1}", nil, []string{
			`3:26: this parameter is the same for all adapters and can't be set for "python"; write one number`,
			`3:37: this parameter is the same for all adapters and can't be set for "sql"`}},
		{"{python: 0}", both, []string{"3:25: there is no value for adapter \"sql\"; add \"sql\" to the table, or a `default`"}},
		{`{modules: {"*.k_proj": 1}, default: 0}`, both, []string{`3:36: "*.k_proj" matches no module; the nearest module is "model.layers.0.self_attn.q_proj"`}},
		{`{modules: {"zzzzzzzzzzzz": 1}, default: 0}`, both, []string{`3:36: "zzzzzzzzzzzz" matches no module; the modules are model.layers.0.self_attn.q_proj, `}},
		{`{modules: {"*.q_proj": 1}}`, both, []string{`3:25: there is no value for module "model.layers.0.self_attn.v_proj"; add a ` + "`default`"}},
		{"{layers: [0, 1]}", both, []string{`3:25: there is no value for module "lm_head", whose name holds no layer number; add a`}},
		{`{modules: {"*": {python: 1}}}`, both, []string{`3:41: there is no value for adapter "sql"`}},
		{`{default: 0, modules: {"nothing.here": {nobody: 1}}}`, both, []string{`3:48: "nothing.here" matches no module`, `3:65: no adapter called "nobody"`}},
		{`{layers: [1], default: {modules: {nonesuch: 1}, default: 0}}`, both, []string{`3:59: "nonesuch" matches no module`}},
	} {
		got := density(t, c.text).Check(c.adapters, allSites, allSites)
		for i := range max(len(got), len(c.want)) {
			if i >= len(got) || i >= len(c.want) || !strings.HasPrefix(got[i].Error(), "r.yaml:"+c.want[i]) {
				t.Errorf("%s for %q:\ngot  %v\nwant %v", c.text, c.adapters, got, c.want)
				break
			}
		}
	}
}

func TestManyModulesAreListedInPart(t *testing.T) {
	sites := make([]Site, 100)
	for i := range sites {
		sites[i].Module = strings.Repeat("m", i+20)
	}
	mistake := Glob{Pattern: "?"}.CheckMatches(sites)
	if mistake == nil || !strings.HasSuffix(mistake.Remedy, " and 95 more") {
		t.Errorf("got %v", mistake)
	}
}

// The tails of repeated layers are compared once, by as many parts as the glob has.
func TestNearestModule(t *testing.T) {
	modules := []string{"model.layers.0.mlp.down_proj", "model.layers.0.mlp.up_proj", "model.layers.1.mlp.up_proj", "score"}
	for pattern, want := range map[string]string{
		"donw_proj": "model.layers.0.mlp.down_proj", "mlp.up_prjo": "model.layers.0.mlp.up_proj",
		"model.layers.1.mlp.up_poj": "model.layers.1.mlp.up_proj", "scor": "score",
	} {
		if got, ok := (Glob{Pattern: pattern}).nearest(modules); got != want || !ok {
			t.Errorf("%s: got %q, %v", pattern, got, ok)
		}
	}
}
