// Package peft is the format of PEFT: a folder with adapter_config.json and
// adapter_model.safetensors.
//
// A module's name is its key without the prefix base_model.model., without the names of wrappers
// and without .lora_A.weight. Its scale is α/r, or α/√r with use_rslora, where r comes from the
// tensor and α from the first key of alpha_pattern that matches. What cannot be merged from files
// alone is refused here, by name and with a remedy. The configuration that is written says what
// the file holds.
package peft
