package stages

import "testing"

func TestLayerOf(t *testing.T) {
	for module, want := range map[string]struct {
		layer   int
		pattern string
	}{
		"model.layers.12.mlp.up_proj": {12, "model.layers.*.mlp.up_proj"},
		"encoder.block.0.layer.1.q":   {0, "encoder.block.*.layer.1.q"},
		"lm_head":                     {-1, "lm_head"},
		"lora_unet_input_blocks_4_1_transformer_blocks_0_attn1_to_q": {4, "lora_unet_input_blocks_*_1_transformer_blocks_0_attn1_to_q"},
		"h2.99999999999999999999.q":                                  {-1, "h2.99999999999999999999.q"},
	} {
		if layer, pattern := LayerOf(module); layer != want.layer || pattern != want.pattern {
			t.Errorf("%s: layer %d, pattern %s", module, layer, pattern)
		}
	}
}
