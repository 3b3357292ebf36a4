// Package peft is the format of PEFT: a folder with adapter_config.json and
// adapter_model.safetensors.
package peft
