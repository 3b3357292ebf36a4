package loramerge_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/golden"
	"github.com/loramerge/loramerge/internal/plainfile"
)

// TestImages: the adapters of image models in testdata/images are those that are written here, of
// a small model with the names of SDXL: a style of rank 4 with alpha 2 and text encoder, and a
// person of rank 8 with alpha 8 and a convolution, each as kohya's sd-scripts and as diffusers store it.
func TestImages(t *testing.T) {
	for _, a := range []struct {
		name    string
		seed, r int
		alpha   float64
		modules map[string][]int // [out, in, kernel…] by kohya's name
	}{
		{"style", 3, 4, 2, map[string][]int{"lora_te1_text_model_encoder_layers_0_mlp_fc1": {24, 8}, "lora_te1_text_model_encoder_layers_1_mlp_fc1": {24, 8}}},
		{"person", 11, 8, 8, map[string][]int{"lora_unet_input_blocks_1_0_in_layers_2": {8, 8, 3, 3}}},
	} {
		for _, block := range []string{"input_blocks_4_1", "middle_block_1", "output_blocks_4_1"} {
			for _, layer := range []string{"to_q", "to_k", "to_v", "to_out_0"} {
				a.modules["lora_unet_"+block+"_transformer_blocks_0_attn1_"+layer] = []int{16, 16}
			}
		}
		var kohya, diffusers []plainfile.Tensor
		for _, module := range sortedKeys(a.modules) {
			shape := a.modules[module]
			a.seed += 2
			down := append([]int{a.r}, shape[1:]...)
			up := []int{shape[0], a.r}
			for range shape[2:] {
				up = append(up, 1)
			}
			one, other := plainfile.Filled(module+".lora_down.weight", a.seed, down...), plainfile.Filled(module+".lora_up.weight", a.seed+1, up...)
			kohya = append(kohya, plainfile.Number(module+".alpha", a.alpha), one, other)
			one.Name, other.Name = inDiffusers(module)+".lora_A.weight", inDiffusers(module)+".lora_B.weight"
			diffusers = append(diffusers, one, other)
		}
		file := plainfile.Encode(map[string]string{
			"ss_base_model_version": "sdxl_base_v1-0", "ss_network_module": "networks.lora", "ss_network_dim": fmt.Sprint(a.r), "ss_network_alpha": fmt.Sprint(a.alpha),
			"ss_tag_frequency": `{"1_` + a.name + `": {"a photo": 3}}`, "sshs_model_hash": strings.Repeat("ab", 32), "ss_output_name": a.name,
			"modelspec.sai_model_spec": "1.0.0", "modelspec.architecture": "stable-diffusion-xl-v1-base/lora", "modelspec.title": a.name, "modelspec.trigger_phrase": "sks " + a.name,
		}, kohya...)
		golden.Compare(t, filepath.Join("testdata", "images", a.name+".safetensors"), file)
		metadata := fmt.Sprintf(`{"text_encoder.lora_alpha": %v, "text_encoder.r": %d, "unet.lora_alpha": %v, "unet.r": %d}`, a.alpha, a.r, a.alpha, a.r)
		folder := filepath.Join("testdata", "images", a.name)
		if err := os.MkdirAll(folder, 0o777); err != nil {
			t.Fatal(err)
		}
		golden.Compare(t, filepath.Join(folder, "pytorch_lora_weights.safetensors"), plainfile.Encode(map[string]string{"format": "pt", "lora_adapter_metadata": metadata}, diffusers...))
	}
}

// inDiffusers is a module's name in diffusers.
func inDiffusers(module string) string {
	return strings.NewReplacer("lora_unet_", "unet.", "lora_te1_text_model_encoder_layers_0_mlp_", "text_encoder.text_model.encoder.layers.0.mlp.",
		"lora_te1_text_model_encoder_layers_1_mlp_", "text_encoder.text_model.encoder.layers.1.mlp.",
		"input_blocks_4_1_transformer_blocks_0_attn1_", "down_blocks.1.attentions.0.transformer_blocks.0.attn1.", "middle_block_1_transformer_blocks_0_attn1_", "mid_block.attentions.0.transformer_blocks.0.attn1.",
		"output_blocks_4_1_transformer_blocks_0_attn1_", "up_blocks.1.attentions.1.transformer_blocks.0.attn1.", "input_blocks_1_0_in_layers_2", "down_blocks.0.resnets.0.conv1", "to_out_0", "to_out.0").Replace(module)
}

func sortedKeys[T any](m map[string]T) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
