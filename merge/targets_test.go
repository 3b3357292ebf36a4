package merge_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/recipe"
)

// llama is an adapter of two layers of a model with Llama's names: 4 heads and 2 for keys and
// values, of 8 each.
func llama(config map[string]any) folder {
	f := folder{config: map[string]any{"r": 4, "lora_alpha": 8, "target_modules": []string{"q_proj", "k_proj", "down_proj"}}}
	maps.Copy(f.config, config)
	for i := range 2 {
		layer := fmt.Sprintf("model.layers.%d.", i)
		f.tensors = append(f.tensors, slices.Concat(pair(layer+"self_attn.q_proj", safetensors.F32, 32, 32, 4), pair(layer+"self_attn.k_proj", safetensors.F32, 16, 32, 4), pair(layer+"mlp.down_proj", safetensors.F32, 32, 48, 4))...)
	}
	return f
}

// llamaConfig is the config.json of its base model.
const llamaConfig = `{"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 32, "intermediate_size": 48,
	"num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8, "num_hidden_layers": 2, "vocab_size": 40}`

func (f folder) plus(config map[string]any, tensors ...tensor) folder {
	f.config, f.tensors = maps.Clone(f.config), slices.Concat(f.tensors, tensors)
	maps.Copy(f.config, config)
	return f
}

// contents are the kinds of what an adapter can hold.
var contents = map[string]folder{
	"pairs of one rank and scale": llama(nil),
	"rsLoRA":                      llama(map[string]any{"use_rslora": true}),
	"scales that differ":          llama(map[string]any{"alpha_pattern": map[string]any{"layers.0.self_attn.q_proj": 16, "down_proj": 3}}),
	"ranks that differ":           llama(nil).plus(map[string]any{"rank_pattern": map[string]any{"up_proj": 2}}, append(pair("model.layers.0.mlp.up_proj", safetensors.F32, 48, 32, 2), pair("model.layers.1.mlp.up_proj", safetensors.F32, 48, 32, 2)...)...),
	"ranks and rsLoRA":            llama(map[string]any{"use_rslora": true}).plus(map[string]any{"rank_pattern": map[string]any{"up_proj": 2}}, append(pair("model.layers.0.mlp.up_proj", safetensors.F32, 48, 32, 2), pair("model.layers.1.mlp.up_proj", safetensors.F32, 48, 32, 2)...)...),
	"ranks that differ by layer":  llama(nil).plus(map[string]any{"rank_pattern": map[string]any{"layers.1.mlp.up_proj": 2}}, append(pair("model.layers.0.mlp.up_proj", safetensors.F32, 48, 32, 4), pair("model.layers.1.mlp.up_proj", safetensors.F32, 48, 32, 2)...)...),
	"a kind that a layer lacks":   llama(nil).plus(nil, pair("model.layers.1.mlp.up_proj", safetensors.F32, 48, 32, 4)...),
	"a head":                      llama(map[string]any{"modules_to_save": []string{"lm_head"}}).plus(nil, tensor{"lm_head.weight", safetensors.F32, []int{40, 32}, nil}),
	"a classifier":                llama(map[string]any{"modules_to_save": []string{"score"}}).plus(nil, tensor{"score.weight", safetensors.F32, []int{3, 32}, nil}),
	"norms":                       llama(map[string]any{"modules_to_save": []string{"input_layernorm"}}).plus(nil, tensor{"model.layers.0.input_layernorm.weight", safetensors.F32, []int{32}, nil}, tensor{"model.layers.1.input_layernorm.weight", safetensors.F32, []int{32}, nil}),
	"biases":                      llama(map[string]any{"bias": "lora_only"}).plus(nil, tensor{"model.layers.0.self_attn.q_proj.bias", safetensors.F32, []int{32}, nil}),
	"a whole embedding":           llama(map[string]any{"modules_to_save": []string{"embed_tokens"}}).plus(nil, tensor{"model.embed_tokens.weight", safetensors.F32, []int{40, 32}, nil}),
	"rows of tokens":              llama(map[string]any{"trainable_token_indices": []int{9, 5}}).plus(nil, tensor{"model.embed_tokens.token_adapter.trainable_tokens_delta", safetensors.F32, []int{2, 32}, nil}),
	"an embedding's pair":         llama(nil).plus(nil, tensor{"model.embed_tokens.lora_embedding_A", safetensors.F32, []int{4, 40}, nil}, tensor{"model.embed_tokens.lora_embedding_B", safetensors.F32, []int{32, 4}, nil}),
	"a head's pair":               llama(nil).plus(nil, pair("lm_head", safetensors.F32, 40, 32, 4)...),
	"a convolution":               llama(nil).plus(nil, tensor{"vision.conv.lora_A.weight", safetensors.F32, []int{4, 3, 3, 3}, nil}, tensor{"vision.conv.lora_B.weight", safetensors.F32, []int{5, 4, 1, 1}, nil}),
	"separate experts":            llama(nil).plus(nil, append(pair("model.layers.0.mlp.experts.0.up_proj", safetensors.F32, 48, 32, 4), pair("model.layers.1.mlp.experts.0.up_proj", safetensors.F32, 48, 32, 4)...)...),
	"stacked experts":             llama(map[string]any{"target_parameters": []string{"mlp.experts.gate_up_proj", "mlp.experts.down_proj"}, "peft_version": "0.19.1"}).plus(nil, slices.Concat(pair("model.layers.0.mlp.experts.base_layer", safetensors.F32, 96, 32, 12), pair("model.layers.0.mlp.experts", safetensors.F32, 32, 48, 12))...),
	"bfloat16":                    {config: llama(nil).config, tensors: retyped(llama(nil).tensors, safetensors.BF16)},
	"float64":                     {config: llama(nil).config, tensors: retyped(llama(nil).tensors, safetensors.F64)},
	"a rank above all limits":     llama(nil).plus(map[string]any{"rank_pattern": map[string]any{"up_proj": 600}}, append(pair("model.layers.0.mlp.up_proj", safetensors.F32, 48, 32, 600), pair("model.layers.1.mlp.up_proj", safetensors.F32, 48, 32, 600)...)...),
}

func retyped(tensors []tensor, dtype safetensors.DType) (out []tensor) {
	for _, x := range tensors {
		out = append(out, tensor{x.name, dtype, x.shape, x.data})
	}
	return out
}

// TestTargets saves every kind of content for every program that `for` knows. It is saved, or what
// can't be is an error of the plan whose remedy, to the letter, saves the rest. What is saved has
// the effect that was loaded, and what is not saved was left out by a stage that a remedy showed,
// or cut by one.
func TestTargets(t *testing.T) {
	for _, reader := range readers(t) {
		for _, name := range slices.Sorted(maps.Keys(contents)) {
			t.Run(reader+"/"+name, func(t *testing.T) {
				save := fmt.Sprintf("o: {save: a, to: out, for: %s}", reader)
				if reader == "llama.cpp" || reader == "ollama" {
					save = strings.Replace(save, "}", ", base-config: base}", 1)
				}
				path := work(t, map[string]folder{"a": contents[name]}, save)
				if err := os.Mkdir(filepath.Join(filepath.Dir(path), "base"), 0o777); err != nil {
					t.Fatal(err)
				}
				writeFile(t, filepath.Join(filepath.Dir(path), "base", "config.json"), []byte(llamaConfig))
				var said []*fault.Fault
				for round := 0; ; round++ {
					found, refused := planned(t, path)
					if !refused {
						break
					}
					if round == 4 {
						t.Fatalf("the remedies lead nowhere: %v", found)
					}
					said = append(said, found...)
					mend(t, path, found[0].Remedy)
				}
				runRecipe(t, path)
				compareSaved(t, path, said)
			})
		}
	}
}

var leftOutForm = regexp.MustCompile(`exclude: (\[[^]]*\]|"[^"]*")`)

// compareSaved compares what was saved with what was loaded.
func compareSaved(t *testing.T, path string, said []*fault.Fault) {
	t.Helper()
	var globs []recipe.Glob
	truncated := false
	for _, m := range said {
		truncated = truncated || strings.Contains(m.Remedy, "how: truncate")
		for _, found := range leftOutForm.FindAllStringSubmatch(m.Remedy, -1) {
			for _, quoted := range regexp.MustCompile(`"([^"]*)"`).FindAllStringSubmatch(found[1], -1) {
				globs = append(globs, recipe.Glob{Pattern: quoted[1]})
			}
		}
	}
	in, out := openAdapter(t, filepath.Join(filepath.Dir(path), "a")), saved(t, path)
	before, after := effects(t, in), effects(t, out)
	for i := range in.Modules {
		m := &in.Modules[i]
		kept, ok := out.Find(m.Name)
		switch {
		case !ok && !slices.ContainsFunc(globs, func(g recipe.Glob) bool { return g.Match(m.Name) }):
			t.Errorf("%q is not saved, and no remedy left it out: %v", m.Name, said)
		case !ok || m.Form == adapter.Whole || truncated:
		default:
			if far := relativeError(after[m.Name], before[m.Name]); far > 1e-6 {
				t.Errorf("%q has another effect, by %.3g of its norm; scale %v was %v", m.Name, far, kept.Scale, m.Scale)
			}
		}
	}
	for i := range out.Modules {
		if m := &out.Modules[i]; m.Form != adapter.Whole && before[m.Name] == nil && slices.ContainsFunc(after[m.Name], func(x float32) bool { return x != 0 }) {
			t.Errorf("%q was not loaded", m.Name)
		}
	}
}
