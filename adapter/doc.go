// Package adapter reads and writes LoRA adapters on disk: a folder with
// adapter_config.json and adapter_model.safetensors, as PEFT writes it.
//
// A folder is a set of modules. A module is either the pair A [r, in], B [out, r]
// of one layer, whose effect is ΔW = s·B·A, or one whole tensor: a head, a bias,
// an embedding that was trained in full and replaces the base model's. What cannot
// be merged from files alone is refused here, by name and with a remedy.
//
// The package knows nothing of recipes, and no arithmetic but the decoding of
// weights to float32 and back.
package adapter
