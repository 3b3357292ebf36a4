package peft

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
)

var fuzzConfigs = []string{
	configWith(), "{}", "null", "[]", "\ufeff{}", `{"r": 8,}`, `{"r": 8.0, "R": 9, "r": 7}`,
	`{"peft_type": "LORA", "lora_alpha": null, "init_lora_weights": "pissa", "use_dora": true}`,
	`{"peft_type": "LORA", "rank_pattern": {"^h\\.0": 4, "q_proj": 2}, "alpha_pattern": {"a|b": 1e3, "(": 2}, "use_rslora": true}`,
	`{"peft_type": "LORA", "target_modules": "all-linear", "modules_to_save": ["score"], "layers_to_transform": 0, "bias": "all"}`,
	`{"peft_type": "LORA", "rank_pattern": {"a": 1, "a": 2}, "layer_replication": [ ], "megatron_config": {"x": [1, {}]}}`,
}

// FuzzConfig reads a configuration as Open does, asks its patterns for a module of each
// kind, and writes what was read.
func FuzzConfig(f *testing.F) {
	for _, text := range fuzzConfigs {
		f.Add([]byte(text), "model.layers.0.q_proj")
	}
	f.Fuzz(func(t *testing.T, data []byte, name string) {
		c, err := parseConfig("file", data)
		if err != nil {
			if !strings.Contains(err.Error(), "file") {
				t.Fatalf("the error names no file: %v", err)
			}
			return
		}
		if problem, ok := errors.AsType[*fault.Fault](c.refusals("file", adapter.Options{})); ok && problem.Remedy == "" {
			t.Fatalf("no remedy for %v", problem)
		}
		a := &adapter.Adapter{Own: c}
		m := linear(name, max(1, c.rank(name)), 0)
		if c.scale("file", m) != nil {
			return
		}
		if math.IsNaN(m.Scale) || math.IsInf(m.Scale, 0) {
			t.Fatalf("scale %v", m.Scale)
		}
		checkWritten(t, a, m)
	})
}

// checkWritten writes a configuration for a module that was read, and reads it back.
func checkWritten(t *testing.T, a *adapter.Adapter, m *adapter.Module) {
	text, err := MergedConfig([]*adapter.Adapter{a}, []*adapter.Module{m}, adapter.Base{Name: "base"}).JSON()
	if err != nil {
		t.Fatal(err)
	}
	c, err := parseConfig("file", text)
	if err != nil {
		t.Fatalf("%s\n%v", text, err)
	}
	again := &adapter.Module{Name: m.Name, Rank: m.Rank}
	if err := c.scale("file", again); err != nil || again.Scale != m.Scale || c.rank(m.Name) != m.Rank {
		t.Fatalf("scale %v was read back as %v, rank %d as %d: %v", m.Scale, again.Scale, m.Rank, c.rank(m.Name), err)
	}
}

// FuzzPlainKey compares the index of plain keys with the regular expression that a key is.
func FuzzPlainKey(f *testing.F) {
	f.Add("q_proj", "h.0.q_proj")
	f.Add("0.q", "h.0xq")
	f.Add("a.b", "a.b.a.b")
	f.Fuzz(func(t *testing.T, key, module string) {
		if !plainKey(key) || strings.ContainsFunc(module, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Skip()
		}
		plain := Pattern{rules: []rule{{key: key}}}
		expression := Pattern{rules: []rule{{key: "(?:" + key + ")"}}}
		if err := errors.Join(plain.compile("", ""), expression.compile("", "")); err != nil {
			t.Fatal(err)
		}
		_, got := plain.Lookup(module)
		if _, want := expression.Lookup(module); got != want {
			t.Errorf("%q on %q: %v", key, module, got)
		}
	})
}

// FuzzKey takes any key apart. A pair's key that is written for the module's name is the same
// module's, and the name holds no wrapper any more.
func FuzzKey(f *testing.F) {
	for _, name := range []string{"base_model.model.h.0.q_proj.lora_A.weight", "module._orig_mod.base_model.model.x.lora_B.default.weight", "conv[0/2].lora_A.weight",
		"_fsdp_wrapped_module.wte.lora_embedding_A", "base_model._checkpoint_wrapped_module.model.score.weight", "module.module.", "_orig_mod", "model.base_model.model.x.base_model.model.score.weight"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		k := parseKey(name)
		if again, _, wrapped := bare(prefix + k.module); k.slot == slotW && (again != k.module || wrapped) {
			t.Fatalf("%q is called %q, and that %q", name, k.module, again)
		}
		if k.slot == slotW {
			return
		}
		written := tensorNames(k.module, k.form())[k.slot]
		if back := parseKey(written); back.module != k.module {
			t.Fatalf("%q is called %q, which is written %q and read back as %q", name, k.module, written, back.module)
		}
	})
}
