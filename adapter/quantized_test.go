package adapter_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter"
)

// TestQuantizedNames: names as they are on the Hub, and paths.
func TestQuantizedNames(t *testing.T) {
	for name, want := range map[string][2]string{
		"unsloth/gemma-3-4b-it-bnb-4bit":                 {"unsloth/gemma-3-4b-it", "bnb-4bit"},
		"unsloth/gemma-3-4b-it-unsloth-bnb-4bit":         {"unsloth/gemma-3-4b-it", "unsloth-bnb-4bit"},
		"mlx-community/Qwen3-4B-4bit":                    {"mlx-community/Qwen3-4B", "4bit"},
		"mlx-community/Qwen3-4B-4bit-DWQ":                {"mlx-community/Qwen3-4B", "4bit-DWQ"},
		"Qwen/Qwen2.5-7B-Instruct-GPTQ-Int4":             {"Qwen/Qwen2.5-7B-Instruct", "GPTQ-Int4"},
		"TheBloke/Mistral-7B-v0.1-AWQ":                   {"TheBloke/Mistral-7B-v0.1", "AWQ"},
		"TheBloke/Llama-2-7B-GPTQ-4bit-128g":             {"TheBloke/Llama-2-7B", "GPTQ-4bit-128g"},
		"RedHatAI/Llama-3.1-8B-Instruct-quantized.w4a16": {"RedHatAI/Llama-3.1-8B-Instruct", "quantized.w4a16"},
		"RedHatAI/Llama-3.1-8B-Instruct-FP8-dynamic":     {"RedHatAI/Llama-3.1-8B-Instruct", "FP8-dynamic"},
		"nvidia/Llama-3.1-8B-Instruct-NVFP4":             {"nvidia/Llama-3.1-8B-Instruct", "NVFP4"},
		"google/gemma-3-4b-it-qat-q4_0-gguf":             {"google/gemma-3-4b-it", "qat-q4_0-gguf"},
		"turboderp/Llama-3-8B-exl2":                      {"turboderp/Llama-3-8B", "exl2"},
		"/data/models/llama-3-8b-bnb-4bit/":              {"/data/models/llama-3-8b", "bnb-4bit"},
		`D:\models\tiny-8bit`:                            {`D:\models\tiny`, "8bit"},
		"google/gemma-3-4b-it-qat-q4_0-unquantized":      {"google/gemma-3-4b-it-qat-q4_0-unquantized", ""},
		"unsloth/gemma-3-4b-it":                          {"unsloth/gemma-3-4b-it", ""},
		"google/gemma-3-4b-it-qat":                       {"google/gemma-3-4b-it-qat", ""},
		"microsoft/bitnet-b1.58-2B-4T":                   {"microsoft/bitnet-b1.58-2B-4T", ""},
		"mistralai/Mistral-7B-v0.1":                      {"mistralai/Mistral-7B-v0.1", ""},
		"someone/4bit":                                   {"someone/4bit", ""},
		"gpt2":                                           {"gpt2", ""},
		"":                                               {"", ""},
		strings.Repeat("-4bit", 10_000) + " no":          {strings.Repeat("-4bit", 10_000) + " no", ""},
	} {
		if plain, words := (adapter.Base{Name: name}).Quantized(); plain != want[0] || words != want[1] {
			t.Errorf("%.60q: %.60q, %q", name, plain, words)
		}
	}
}

func TestSameButQuantized(t *testing.T) {
	for _, c := range []struct {
		x, y string
		same bool
	}{
		{"unsloth/gemma-3-4b-it-bnb-4bit", "unsloth/gemma-3-4b-it", true},
		{"google/gemma-3-4b-it", "unsloth/gemma-3-4b-it-unsloth-bnb-4bit", true},
		{"mlx-community/Qwen3-4B-4bit", "mlx-community/Qwen3-4B-8bit", true},
		{"Qwen/Qwen3-4B-AWQ", "/models/qwen3-4b", true},
		{"unsloth/gemma-3-4b-it-bnb-4bit", "unsloth/gemma-3-4b-pt", false},
		{"unsloth/gemma-3-4b-it", "google/gemma-3-4b-it", false},
		{"unsloth/gemma-3-4b-it-bnb-4bit", "unsloth/gemma-3-27b-it-bnb-4bit", false},
	} {
		x, y := adapter.Base{Name: c.x}, adapter.Base{Name: c.y}
		if adapter.SameButQuantized(x, y) != c.same || adapter.SameButQuantized(y, x) != c.same {
			t.Errorf("%s, %s", c.x, c.y)
		}
	}
}

// TestQuantizedByCard: what model cards say, as PEFT and Axolotl write them, where the name says nothing.
func TestQuantizedByCard(t *testing.T) {
	const axolotl = "---\nlibrary_name: peft\n---\n<details><summary>See axolotl config</summary>\n\n```yaml\nbase_model: tiny\nload_in_8bit: %8\nload_in_4bit: %4\nadapter: qlora\n```\n"
	for name, c := range map[string]struct{ base, card, want string }{
		"PEFT":            {"tiny", "## Training procedure\n\nThe following `bitsandbytes` quantization config was used during training:\n- load_in_8bit: False\n- load_in_4bit: True\n- bnb_4bit_quant_type: nf4\n", "load_in_4bit, says its README.md"},
		"newer":           {"tiny", "- quant_method: bitsandbytes\r\n- _load_in_8bit: True\r\n- _load_in_4bit: False\r\n", "load_in_8bit, says its README.md"},
		"Axolotl":         {"tiny", strings.NewReplacer("%8", "false", "%4", "true").Replace(axolotl), "load_in_4bit, says its README.md"},
		"Axolotl, LoRA":   {"tiny", strings.NewReplacer("%8", "false", "%4", "false").Replace(axolotl), ""},
		"how to load it":  {"tiny", "```python\nmodel = AutoModelForCausalLM.from_pretrained(base, load_in_4bit=True)\n```\n", ""},
		"prose":           {"tiny", "Don't set load_in_4bit: true for this one.\n", ""},
		"name before all": {"tiny-bnb-4bit", "- load_in_8bit: True\n", "bnb-4bit, says the base model's name"},
		"none":            {"tiny", "", ""},
		"beyond 64 KiB":   {"tiny", strings.Repeat(" \n", 32<<10) + "- load_in_4bit: True\n", ""},
	} {
		dir := t.TempDir()
		if c.card != "" {
			if err := os.WriteFile(filepath.Join(dir, "README.md"), []byte(c.card), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		a := &adapter.Adapter{Files: adapter.Files{Weights: filepath.Join(dir, "adapter_model.safetensors")}}
		a.NoteQuantized(adapter.Base{Name: c.base})
		switch {
		case c.want == "" && len(a.Notes) == 0:
		case c.want == "" || len(a.Notes) != 1 || !strings.Contains(a.Notes[0].Text, "was trained on quantized weights ("+c.want+")"):
			t.Errorf("%s: %v", name, a.Notes)
		}
	}
}
