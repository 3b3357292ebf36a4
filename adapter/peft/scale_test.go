package peft

import (
	"math"
	"testing"
)

// α/r is eq. 3 of LoRA (arXiv:2106.09685), α/√r is rsLoRA (arXiv:2312.03732).
func TestScale(t *testing.T) {
	for _, c := range []struct {
		fields       []string
		alpha, scale float64
	}{
		{nil, 4, 2},
		{[]string{"lora_alpha", ""}, 8, 4},
		{[]string{"lora_alpha", "3"}, 3, 1.5},
		{[]string{"lora_alpha", "0"}, 0, 0},
		{[]string{"lora_alpha", "-4"}, -4, -2},
		{[]string{"use_rslora", "true"}, 4, 4 / math.Sqrt(2)},
		{[]string{"use_rslora", "null"}, 4, 2},
		{[]string{"r", "16"}, 4, 2},
		{[]string{"r", "2.0"}, 4, 2},
		{[]string{"alpha_pattern", `{"q_proj": 10}`}, 10, 5},
		{[]string{"alpha_pattern", `{"v_proj": 10}`}, 4, 2},
		{[]string{"alpha_pattern", `{"v_proj": 1, "layers.0.q_proj": 6, "q_proj": 10}`}, 6, 3},
		{[]string{"alpha_pattern", `{"q_proj": 10, "layers.0.q_proj": 6}`}, 10, 5},
		{[]string{"alpha_pattern", `null`, "rank_pattern", "{}"}, 4, 2},
		{[]string{"rank_pattern", `{"q_proj": 2}`, "r", "64"}, 4, 2},
	} {
		a := opened(t, configWith(c.fields...), pairOf("model.layers.0.q_proj", 2, 3, 4)...)
		if m := a.Modules[0]; m.Alpha != c.alpha || m.Scale != c.scale || m.Rank != 2 {
			t.Errorf("%q: α %v, scale %v, rank %d", c.fields, m.Alpha, m.Scale, m.Rank)
		}
	}
}

// A scale that float32 can't hold would make every value infinite.
func TestScaleOutOfRange(t *testing.T) {
	expectFault(t, folder(t, configWith("lora_alpha", "1e300"), pairOf("q_proj", 2, 3, 4)...), `module "q_proj" has the scale 5e+299; correct lora_alpha`)
	expectFault(t, folder(t, configWith("lora_alpha", "1e999"), pairOf("q_proj", 2, 3, 4)...), "lora_alpha: must be a number, not number 1e999")
}

func TestPattern(t *testing.T) {
	const name = "model.layers.1.self_attn.q_proj"
	for key, want := range map[string]bool{
		"q_proj": true, "self_attn.q_proj": true, name: true, "self_attn_q_proj": false, "selfXattn.q_proj": false,
		"self.attn.q_proj": true, "proj": false, "model": false, "model." + name: false, "": false,
		`^model\.layers\.1\..*q_proj`: true, "^q_proj": false, `layers\.[01]\..*`: true, `.*\.q_proj`: true,
		"q_proj|k_proj": true, "k_proj|v_proj": false, `\w+_proj`: true, "(?i)Q_PROJ": true, "self_attn": false,
	} {
		p := Pattern{rules: []rule{{key: key, value: 3}}}
		if err := p.compile("file", "alpha_pattern"); err != nil {
			t.Fatal(err)
		}
		if value, got := p.Lookup(name); got != want || got && value != 3 {
			t.Errorf("%q: %v, %v", key, value, got)
		}
	}
}
