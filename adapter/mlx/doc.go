// Package mlx is the format of mlx_lm: a folder with adapter_config.json and
// adapters.safetensors, read and written as mlx_lm/tuner/utils.py (linear_to_lora_layers,
// load_adapters) and lora.py do, as of August 2026.
//
// A module is called as in the model of transformers, without a prefix. Its factors are stored
// transposed, lora_a [in, r] and lora_b [r, out], with y = Wx + scale·(x·a)·b. So A = aᵀ, B = bᵀ
// and ΔW = scale·B·A: no α, and no division by r. Those of stacked experts (LoRASwitchLinear) are not
// transposed: lora_a [experts, r, in] and lora_b [experts, out, r]. One rank and one scale are for all modules.
package mlx
