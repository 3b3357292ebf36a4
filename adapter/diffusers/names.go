package diffusers

import (
	"regexp"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/adapter/onefile"
)

// WeightsFile is the file that diffusers writes, and looks for in a folder.
const WeightsFile = "pytorch_lora_weights.safetensors"

var names = &onefile.Names{File: WeightsFile, Parts: [2]string{"lora_A", "lora_B"}, Ours: ours, Parse: parse, Refuse: refuse}

// halfForm is how a key of any generation ends: the newest may hold an adapter's name. A mark that
// is stuck to the module's name by an underscore is of the oldest.
var halfForm = regexp.MustCompile(`^(.+?)(?:\.lora_([AB])(?:\.[^.]+)?|(\.lora|_lora|\.lora_linear_layer)\.(down|up))\.weight$`)

var alphaForm = regexp.MustCompile(`^(.+?)(\.lora|_lora|\.lora_linear_layer)?\.alpha$`)

func parse(name string) (module string, part onefile.Part, known bool) {
	if found := halfForm.FindStringSubmatch(name); found != nil {
		if found[2] == "B" || found[4] == "up" {
			part = onefile.B
		}
		return moduleOf(found[1], found[3] == "_lora"), part, true
	}
	if found := alphaForm.FindStringSubmatch(name); found != nil {
		return moduleOf(found[1], found[2] == "_lora"), onefile.Alpha, true
	}
	return "", 0, false
}

// moduleOf is the name in the model of what a key calls a module: the attention processors of 2023
// held their pairs themselves, and a text encoder's were called as those of a UNet.
func moduleOf(name string, oldest bool) string {
	name = strings.ReplaceAll(name, ".processor.", ".")
	if !oldest {
		return name
	}
	path, last := "", name
	if dot := strings.LastIndexByte(name, '.'); dot >= 0 {
		path, last = name[:dot+1], name[dot+1:]
	}
	projections := map[string]string{"to_out": "to_out.0"}
	if strings.HasPrefix(name, "text_encoder") {
		projections = map[string]string{"to_q": "q_proj", "to_k": "k_proj", "to_v": "v_proj", "to_out": "out_proj"}
	}
	if projection, renamed := projections[last]; renamed {
		last = projection
	}
	return path + last
}

// componentForm are the names of a pipeline's components, and what other programs put before a
// model's own names.
var componentForm = regexp.MustCompile(`^(unet|transformer|text_encoder|prior|controlnet|diffusion_model)(_\d+)?$`)

// inside are parts of names that only such models have.
var inside = []string{".transformer_blocks.", ".single_transformer_blocks.", ".attentions.", ".resnets."}

func ours(name string) bool {
	if !strings.Contains(name, "lora") || strings.HasPrefix(name, "base_model.") || strings.HasPrefix(name, "transformer.h.") {
		return false
	}
	component, _, _ := strings.Cut(name, ".")
	return componentForm.MatchString(component) || oldForm.MatchString(name) ||
		slices.ContainsFunc(inside, func(part string) bool { return strings.Contains("."+name, part) })
}

// oldForm are the first two generations of keys.
var oldForm = regexp.MustCompile(`(\.lora|_lora|\.lora_linear_layer)\.(down|up)\.weight$`)

// others are the parts of names that methods other than plain LoRA have.
var others = []struct{ part, what, remedy string }{
	{".lora_magnitude_vector", "a DoRA magnitude", doraRemedy},
	{".dora_scale", "a DoRA magnitude", doraRemedy},
	{".lora_A.bias", "a LoRA bias", biasRemedy},
	{".lora_B.bias", "a LoRA bias", biasRemedy},
	{".hada_", "part of a LoHa, a product of two pairs element by element", extract},
	{".lokr_", "part of a LoKr, a Kronecker product", extract},
	{".diff", "a full difference of weights, which is no pair", extract},
}

const (
	doraRemedy = "DoRA rescales the base model's own weights, which are not in this file; train without it, or fuse it into the base model first"
	biasRemedy = "train without lora_bias: ΔW can't represent a bias"
	extract    = "train a plain LoRA, or fuse it into the base model"
)

func refuse(name string) (what, remedy string) {
	for _, other := range others {
		if strings.Contains(name, other.part) {
			return other.what, other.remedy
		}
	}
	return "no part of a pair", "this version merges pairs of lora_A and lora_B alone; save the file without it if the adapter works without it"
}
