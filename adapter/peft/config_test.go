package peft

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestConfigValues(t *testing.T) {
	c, err := parseConfig("file", []byte(`{"peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": "org/model", "r": 16.0,
		"lora_alpha": 2.5e1, "use_rslora": true, "target_modules": "all-linear", "modules_to_save": ["score"], "bias": "all", "fan_in_fan_out": true}`))
	if err != nil {
		t.Fatal(err)
	}
	if c.PEFTType != "LORA" || *c.TaskType != "CAUSAL_LM" || *c.Base != "org/model" || c.R != 16 || c.Alpha != 25 || !c.UseRSLoRA ||
		c.TargetModules.Regex != "all-linear" || !slices.Equal(c.ModulesToSave.Names, []string{"score"}) || c.Bias != "all" || !c.FanInFanOut {
		t.Errorf("%+v", c)
	}
}

// LoraConfig's defaults in PEFT 0.18.
func TestConfigDefaults(t *testing.T) {
	for _, text := range []string{`{}`, `{"task_type": null, "base_model_name_or_path": null, "target_modules": null, "rank_pattern": null, "bias": null}`} {
		c, err := parseConfig("file", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if c.R != 8 || c.Alpha != 8 || c.Bias != "none" || c.UseRSLoRA || c.FanInFanOut || c.Base != nil || c.TaskType != nil {
			t.Errorf("%s: %+v", text, c)
		}
	}
}

// As in Python, a key of other letters is another key.
func TestConfigKeysToTheLetter(t *testing.T) {
	c, err := parseConfig("file", []byte(`{"lora_alpha": 16, "LORA_ALPHA": 1, "Bias": 5, "R": "x"}`))
	if err != nil || c.Alpha != 16 || c.R != 8 || c.Bias != "none" {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestConfigMistakes(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"{\"bias\": \"none\",\n \"lora_alpha\": null}", "file:2:16: this is not a valid adapter configuration: lora_alpha: must be a number, not null; copy it from the adapter's source again"},
		{`{"lora_alpha": "16"}`, "file:1:16: this is not a valid adapter configuration: lora_alpha: must be a number, not string; copy it from the adapter's source again"},
		{`{"r": 8.5}`, "file:1:7: this is not a valid adapter configuration: r: must be a whole number, not 8.5; copy it from the adapter's source again"},
		{`{"r": null}`, "file:1:7: this is not a valid adapter configuration: r: must be a number, not null; copy it from the adapter's source again"},
		{`{"r": 1e99}`, "file:1:7: this is not a valid adapter configuration: r: must be a whole number, not 1e99; copy it from the adapter's source again"},
		{`{"target_modules": {"a": 1}}`, "file:1:20: this is not a valid adapter configuration: target_modules: must be a list of names, not object; copy it from the adapter's source again"},
		{`{"use_rslora": 1}`, "file:1:16: this is not a valid adapter configuration: use_rslora: must be true or false, not number; copy it from the adapter's source again"},
		{`{"peft_type": 1}`, "file:1:15: this is not a valid adapter configuration: peft_type: must be a text, not number; copy it from the adapter's source again"},
		{`{"rank_pattern": [1]}`, "file:1:18: this is not a valid adapter configuration: rank_pattern: must be an object of numbers by module name; copy it from the adapter's source again"},
		{`{"alpha_pattern": {"q": null}}`, `file:1:19: this is not a valid adapter configuration: alpha_pattern: value of "q": must be a number, not null; copy it from the adapter's source again`},
		{`{"alpha_pattern": {"q": 1, "q": 2}}`, `file:1:19: this is not a valid adapter configuration: alpha_pattern: holds "q" twice; copy it from the adapter's source again`},
		{`{"rank_pattern": {"q": 8.5}}`, `file: rank_pattern gives "q" the rank 8.5; write the rank it was trained with`},
		{`{"rank_pattern": {"q": 0}}`, `file: rank_pattern gives "q" the rank 0; write the rank it was trained with`},
		{`{"lora_alpha": 16, "r": 8, "lora_alpha": 32}`, `file: holds "lora_alpha" twice; remove one of the two`},
	} {
		_, err := parseConfig("file", []byte(c.text))
		if err == nil || only(t, err).Error() != c.want {
			t.Errorf("%s\ngot  %v\nwant %s", c.text, err, c.want)
		}
		record(t, "file", err)
	}
}

func TestPatternsThatCannotBeMatched(t *testing.T) {
	_, err := parseConfig("file", []byte(`{"rank_pattern": {"(?!lm_head).*": 4}}`))
	want := "file: rank_pattern key \"(?!lm_head).*\" is not a pattern this program can match: error parsing regexp: invalid or unsupported Perl syntax: `(?!`; write the modules' names out in full"
	if err == nil || only(t, err).Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	record(t, "file", err)
	const most = letterLimit / len("h[99999]")
	_, err = parseConfig("file", []byte(`{"alpha_pattern": `+manyExpressions(most+1)+`}`))
	if want := "file: alpha_pattern holds more than 65536 letters of regular expressions; write the modules' names out in full"; err == nil || only(t, err).Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	record(t, "file", err)
	if _, err = parseConfig("file", []byte(`{"alpha_pattern": `+manyExpressions(most)+`}`)); err != nil {
		t.Error(err)
	}
}

// A file of few modules may hold what one of many may not.
func TestPatternsThatTakeLong(t *testing.T) {
	shapes := patternOf(t, 1, 2500, manyDots)
	expressions := patternOf(t, 1, 800, func(i int) string { return fmt.Sprintf("([a-z]+|[0-9.]+)*x%06d", i) })
	for p, want := range map[*Pattern]string{
		shapes:      "file: rank_pattern holds 0 expressions and names of 2500 shapes, too many to try for each of 2000 modules; write",
		expressions: "file: rank_pattern holds 800 expressions and names of 0 shapes, too many to try for each of 2000 modules; write",
	} {
		err := p.checkEffort("file", "rank_pattern", 2000)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got  %v\nwant %s", err, want)
		}
		if p == expressions {
			record(t, "file", err)
		}
	}
}
