package kohya

import (
	"slices"
	"strings"

	"github.com/loramerge/loramerge/adapter/onefile"
)

const down, up, alpha = ".lora_down.weight", ".lora_up.weight", ".alpha"

// WeightsFile is the file that is written.
const WeightsFile = "lora.safetensors"

var names = &onefile.Names{File: WeightsFile, Ours: ours, Parts: [2]string{"lora_down", "lora_up"}, Parse: parse, Refuse: refuse}

func parse(name string) (module string, part onefile.Part, known bool) {
	for _, p := range []struct {
		suffix string
		part   onefile.Part
	}{{down, onefile.A}, {up, onefile.B}, {alpha, onefile.Alpha}} {
		if module, found := strings.CutSuffix(name, p.suffix); found && module != "" {
			return module, p.part, true
		}
	}
	return "", 0, false
}

// prefixes are those of the parts of a model, as sd-scripts and LyCORIS write them.
var prefixes = []string{"lora_unet_", "lora_te_", "lora_te1_", "lora_te2_", "lora_te3_", "lora_transformer_", "lora_prior_", "lycoris_"}

func ours(name string) bool {
	half := strings.HasSuffix(name, down) || strings.HasSuffix(name, up)
	return half || slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// others are the parts of names that methods other than plain LoRA have, mostly LyCORIS's
// (lycoris/modules), and what to do about each.
var others = []struct{ part, what, remedy string }{
	{".lora_mid.", "the core of a Tucker decomposition, as LoCon has it with use_cp or use_tucker", "train without use_tucker, or " + extract},
	{".dora_scale", "a DoRA magnitude", "DoRA rescales the base model's own rows, which are not in this file; train without it, or merge it into the base model first"},
	{".hada_", "part of a LoHa, a product of two pairs element by element", extract},
	{".lokr_", "part of a LoKr, a Kronecker product", extract},
	{".oft_", "part of an OFT, which rotates the base model's weights", extract},
	{".boft_", "part of a BOFT, which rotates the base model's weights", extract},
	{".on_input", "part of an IA3, which scales the base model's weights", extract},
	{".diff", "a full difference of weights, which is no pair", extract},
	{".w_norm", "a trained normalization layer", "train without train_norm: LoRA has no pair for it"},
	{".b_norm", "a trained normalization layer", "train without train_norm: LoRA has no pair for it"},
	{".scalar", "a trained factor, as LyCORIS has it with use_scalar", "train without use_scalar"},
	{"bundle_emb.", "an embedding that is bundled with the adapter", "save the adapter without its embeddings, and use them as files of their own"},
}

const extract = "merge it into the base model, and extract a LoRA from the difference, as sd-scripts' extract_lora_from_models.py does"

func refuse(name string) (what, remedy string) {
	for _, other := range others {
		if strings.Contains(name, other.part) {
			return other.what, other.remedy
		}
	}
	return "no part of a pair", "this version merges pairs of lora_down and lora_up alone; save the file without it if the adapter works without it"
}
