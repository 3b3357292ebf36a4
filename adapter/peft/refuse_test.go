package peft

import (
	"regexp"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/safetensors"
)

func TestRefusedConfigurations(t *testing.T) {
	for _, c := range []struct{ field, value, want string }{
		{"peft_type", `"LOHA"`, `peft_type is "LOHA"; only LoRA adapters`},
		{"peft_type", "", `peft_type is ""`},
		{"use_dora", "true", "use_dora is set (true); DoRA rescales"},
		{"lora_bias", "true", "lora_bias is set (true)"},
		{"layer_replication", "[[0, 4], [2, 5]]", "layer_replication is set ([[0, 4], [2, 5]])"},
		{"alora_invocation_tokens", "[7]", "alora_invocation_tokens is set"},
		{"use_qalora", "true", "use_qalora is set"},
		{"use_bdlora", "true", "use_bdlora is set"},
		{"megatron_config", `{"x": 1}`, "megatron_config is set"},
		{"megatron_config", `{"long": "` + strings.Repeat("é", 100) + `"}`, `é…)`},
		{"init_lora_weights", `"pissa"`, `init_lora_weights is "pissa", which changes the base`},
		{"init_lora_weights", `"PiSSA_niter_16"`, "init_lora_weights is"},
		{"init_lora_weights", `"olora"`, "init_lora_weights is"},
		{"init_lora_weights", `"corda"`, "init_lora_weights is"},
		{"init_lora_weights", `"loftq"`, "PEFT has no conversion for them"},
		{"init_lora_weights", `"lora_ga"`, "init_lora_weights is"},
		{"arrow_config", `{"top_k": 2}`, "arrow_config is set"},
		{"kasa_config", `{"beta": 0.1}`, "kasa_config is set"},
		{"monteclora_config", `{"num_samples": 2}`, "monteclora_config is set"},
		{"enable_lora", "[true, false, true]", "enable_lora is set"},
		{"lora_parameters", `{"rank": 8, "scale": 20.0}`, `sets "lora_parameters", which this version does not know`},
		{"use_new_thing", "true", `sets "use_new_thing", which this version does not know; such a field`},
		{"some_config", `{"a": 0}`, "write `allow-unknown: [some_config]` in the load"},
		{"scaling", "0.5", `sets "scaling"`},
		{"init_lora_weights", "3", "init_lora_weights is 3, which this version does not know: it may change the base"},
		{"init_lora_weights", `"pizza"`, `init_lora_weights is "pizza", which this version does not know`},
		{"init_lora_weights", `""`, `init_lora_weights is "", which this version does not know`},
	} {
		expectFault(t, folder(t, configWith(c.field, c.value), pairOf("q_proj", 2, 3, 4)...), ConfigFile+": ", c.want)
	}
}

func TestHarmlessConfigurations(t *testing.T) {
	for _, c := range []struct{ field, value string }{
		{"peft_type", `"lora"`}, {"use_dora", "false"}, {"use_dora", "null"}, {"layer_replication", "[ ]"}, {"megatron_config", "{\n}"},
		{"trainable_token_indices", "null"}, {"target_parameters", "[]"}, {"init_lora_weights", "true"}, {"init_lora_weights", "false"},
		{"init_lora_weights", "null"}, {"init_lora_weights", `"gaussian"`}, {"init_lora_weights", `"eva"`}, {"init_lora_weights", `"Orthogonal"`}, {"init_lora_weights", `"mica"`},
		{"velora_config", `{"num_groups": 4}`}, {"arrow_config", "null"}, {"new_thing", "{ }"}, {"new_thing", `""`}, {"new_thing", "0.0"},
		{"loftq_config", "{}"}, {"bias", `"all"`}, {"runtime_config", "{}"}, {"peft_version", `"0.18.1"`},
	} {
		if a := opened(t, configWith(c.field, c.value), pairOf("q_proj", 2, 3, 4)...); len(a.Notes) > 0 {
			t.Errorf("%s %s: notes %q", c.field, c.value, noteTexts(a))
		}
	}
}

// The remedy of an unknown init_lora_weights, followed to the letter, loads the adapter.
func TestUnknownInitMended(t *testing.T) {
	tensors := pairOf("q_proj", 2, 3, 4)
	field := regexp.MustCompile("`\"init_lora_weights\": (.+?)`")
	_, err := open(folder(t, configWith("init_lora_weights", `"pizza"`), tensors...), adapter.Options{})
	if err == nil || !field.MatchString(err.Error()) {
		t.Fatalf("no field to write in %v", err)
	}
	opened(t, configWith("init_lora_weights", field.FindStringSubmatch(err.Error())[1]), tensors...)
}

func TestAllRefusalsAtOnce(t *testing.T) {
	path := folder(t, configWith("use_dora", "true", "lora_bias", "true", "init_lora_weights", `"pissa"`), stored{name: "x", dtype: adapter.F32, shape: []int{1}, values: []float32{1}})
	expectFault(t, path, "3 errors occurred", "use_dora is set", "lora_bias is set", "init_lora_weights is")
}

func TestRefusedTensors(t *testing.T) {
	const p = "base_model.model.q_proj."
	whole := pairOf("q_proj", 2, 3, 4)
	for _, c := range []struct {
		tensors []stored
		want    []string
	}{
		{append(pairOf("q_proj", 2, 3, 4), ramp(p+"lora_magnitude_vector", 4)), []string{`tensor "` + p + `lora_magnitude_vector" is a DoRA magnitude; DoRA rescales`}},
		{[]stored{ramp(p+"lora_magnitude_vector", 4)}, []string{"is a DoRA magnitude"}},
		{append(pairOf("q_proj", 2, 3, 4), ramp(p+"lora_B.bias", 4)), []string{"is a LoRA bias"}},
		{append(pairOf("q_proj", 2, 3, 4), ramp(p+"lora_diag", 2)), []string{"is the diagonal of KaSA; KaSA removes"}},
		{append(pairOf("q_proj", 2, 3, 4), ramp(p+"lora_monteclora_sampler.std_prior", 2)), []string{"is a part of MonteCLoRA's sampler; MonteCLoRA has"}},
		{[]stored{ramp("lora_unet_a.lora_down.weight", 2, 3)}, []string{"is half a pair as kohya's sd-scripts name it"}},
		{[]stored{ramp("q_proj.lora_a", 3, 2)}, []string{"is half a pair as MLX names it"}},
		{[]stored{ramp("unet.q.lora.up.weight", 3, 2)}, []string{"is half a pair as older releases of diffusers name it"}},
		{[]stored{ramp("base_model.model.score.weight", 2, 6)}, []string{`has no pair lora_A, lora_B, only whole tensors, such as "base_model.model.score.weight"; save it again from the model`}},
		{[]stored{ramp(p[:len(p)-1]+"_A.weight", 2, 3), ramp(p[:len(p)-1]+"_B.weight", 4, 2)}, []string{`has no pair`, `PEFT up to 0.17 damages the keys of an adapter that is called "lora"`}},
		{append(pairOf("q_proj", 2, 3, 4), ramp(p+"lora_C.weight", 4)), []string{"is a LoRA tensor of an unknown kind"}},
		{whole[:1], []string{`module "q_proj" has no lora_B; the file is incomplete`}},
		{whole[1:], []string{`module "q_proj" has no lora_A`}},
		{[]stored{whole[0], ramp(p+"lora_B.weight", 4, 3)}, []string{`module "q_proj": A has rank 2 and B rank 3; A must be [r, in] and B [out, r]`}},
		{[]stored{whole[0], ramp(p+"lora_B.weight", 4, 2, 1)}, []string{"A has shape [2 3] and B [4 2 1]"}},
		{[]stored{ramp(p+"lora_A.weight", 2), ramp(p+"lora_B.weight", 2)}, []string{"A has shape [2] and B [2]"}},
		{[]stored{ramp(p+"lora_A.weight", 2, 3, 3, 3), ramp(p+"lora_B.weight", 4, 2, 3, 3)}, []string{"B has shape [4 2 3 3], whose last dimensions must be 1"}},
		{[]stored{ramp(p+"lora_embedding_A", 2, 3, 3), ramp(p+"lora_embedding_B", 4, 2, 1)}, []string{"A has shape [2 3 3] and B [4 2 1]"}},
		{[]stored{ramp(p+"lora_A.weight", 0, 3), ramp(p+"lora_B.weight", 4, 0)}, []string{"lora_A.weight\" has the shape [0 3] and holds nothing, as DeepSpeed's ZeRO-3"}},
		{append(pairOf("q_proj", 2, 3, 4), ramp("base_model.model.score.weight", 0)), []string{"score.weight\" has the shape [0] and holds nothing"}},
		{append(pairOf("q_proj", 2, 3, 4), ramp("base_model.model.score.weight", 3, 0)), []string{"score.weight\" has the shape [3 0] and holds nothing"}},
		{[]stored{whole[0], {name: p + "lora_B.weight", dtype: safetensors.I8, shape: []int{4, 2}, bytes: make([]byte, 8)}}, []string{`tensor "` + p + `lora_B.weight" holds I8, which can't be merged; save it as float32`}},
		{append(pairOf("q_proj", 2, 3, 4), ramp("q_proj.lora_A.weight", 2, 3)), []string{`tensor "q_proj.lora_A.weight" has the same place as another one`}},
		{append(pairOf("q_proj", 2, 3, 4), ramp("q_proj", 2, 3)), []string{`has the same place as another one`}},
		{append(pairOf("q_proj", 2, 3, 4), ramp("q_proj.lora_embedding_A", 2, 3)), []string{`has the same place as another one`}},
		{[]stored{ramp(p+"lora_A.one.weight", 2, 3), ramp(p+"lora_B.two.weight", 4, 2)}, []string{`holds 2 adapters, such as "one" and "two"; save each`}},
		{nil, []string{"holds no tensors; save it again"}},
	} {
		expectFault(t, folder(t, configWith(), c.tensors...), append(c.want, WeightsFile)...)
	}
}

// The order of problems does not change from run to run.
func TestFaultsAreSorted(t *testing.T) {
	var tensors []stored
	for _, name := range []string{"c", "a", "d", "b"} {
		tensors = append(tensors, pairOf(name, 2, 3, 4)[0])
	}
	path := folder(t, configWith(), tensors...)
	_, first := open(path, adapter.Options{})
	for range 10 {
		if _, err := open(path, adapter.Options{}); err.Error() != first.Error() {
			t.Fatalf("%v\nand then\n%v", first, err)
		}
	}
}
