// Package diffusers is the format of the library diffusers: one safetensors file without a
// configuration, pytorch_lora_weights.safetensors or of another name.
//
// A module is called COMPONENT.MODULE: unet, transformer, text_encoder, text_encoder_2 … and its
// path in that model. Its tensors have had three names (diffusers/utils/state_dict_utils.py):
//
//	unet.….attn1.processor.to_q_lora.down.weight    and .up., in 2023
//	unet.….attn1.to_q.lora.down.weight              and .up.; lora_linear_layer in text encoders
//	unet.….attn1.to_q.lora_A.weight                 and lora_B
//
// All are read, of one file in any mixture, and the last is written, which every release since
// 2024 loads and which needs no conversion.
//
// The scale is 1, whatever the rank, unless the file says otherwise in one of two ways: in its
// metadata, lora_adapter_metadata, with a LoraConfig of PEFT for each component; or by tensors
// MODULE.alpha, as the programs write it that keep kohya's scales in these names. Both at once
// are refused, as diffusers does (loaders/peft.py). What is written says it in the way of its
// inputs; without one, in metadata, and only where ranks differ or a scale is not 1.
package diffusers
