// Package kohya is the format of kohya's sd-scripts, which most programs for image models read: one
// safetensors file without a configuration.
//
// A module has the tensors NAME.lora_down.weight [r, in], NAME.lora_up.weight [out, r] and
// NAME.alpha, one number; of a convolution [r, in, kh, kw] and [out, r, 1, 1]. Its scale is alpha/r,
// or 1 where alpha is absent or 0 (networks/lora.py). NAME is a prefix for the part of the model
// (lora_unet, lora_te1, …) and the module's path with underscores for its dots: there is no way back
// without a list of the model's modules, and a merge needs none. A module is called NAME.
//
// What is written has an alpha beside every pair, in float32 whatever the dtype of the factors: in
// 16 bits an alpha that is no small whole number would change ΔW. A scale that has no alpha in
// float32 is rounded to the nearest that has, by less than 2⁻²⁴ of it.
package kohya
