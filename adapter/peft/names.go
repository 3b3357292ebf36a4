package peft

import (
	"regexp"
	"strings"

	"github.com/loramerge/loramerge/adapter"
)

// slot is the place of one tensor in its module.
type slot uint8

const (
	slotA slot = iota
	slotB
	slotW
)

// key is a parsed tensor's name.
type key struct {
	module    string
	slot      slot
	embedding bool
	infix     string // the adapter's name inside the key, as raw checkpoints have it
	prefixes  int
	wrapped   bool // it held the names of wrappers
}

// cutHalf is a key that lost the ".lora" before _A or _B.
var cutHalf = regexp.MustCompile(`_[AB]\.weight$`)

// forTrainingOnly reports whether a tensor has no part in ΔW: VeLoRA's projection of the
// activations that its backward pass stores (arXiv:2405.17991).
func forTrainingOnly(k key) bool {
	return k.slot == slotW && strings.HasSuffix(k.module, ".lora_velora_embed")
}

var biasKey = regexp.MustCompile(`\.lora_[AB](\.[^.]+)?\.bias\.$`)

// parseKey parses a key, after prefixes and wrappers have been removed:
//
//	MODULE.lora_A[.INFIX].weight          and lora_B
//	MODULE.lora_embedding_A[.INFIX]       and lora_embedding_B
//
// What is not half of a pair keeps its exact name: with `bias: all` PEFT stores
// a head's bias under three names (classifier.dense.bias,
// classifier.modules_to_save.dense.bias, classifier.original_module.dense.bias).
func parseKey(name string) key {
	k := key{slot: slotW}
	name, k.prefixes, k.wrapped = bare(name)
	k.module = name
	weight, isWeight := strings.CutSuffix(name, ".weight")
	switch {
	case isWeight && k.half(weight, ".lora_"):
	case k.half(name, ".lora_embedding_"):
		k.embedding = true
	}
	return k
}

// half reads MODULE, mark, A or B, and perhaps an infix.
func (k *key) half(name, mark string) bool {
	if k.bareHalf(name, mark) {
		return true
	}
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 || dot == len(name)-1 || !k.bareHalf(name[:dot], mark) {
		return false
	}
	k.infix = name[dot+1:]
	return true
}

func (k *key) bareHalf(name, mark string) bool {
	last := len(name) - 1
	if last < 0 || name[last] != 'A' && name[last] != 'B' {
		return false
	}
	module, marked := strings.CutSuffix(name[:last], mark)
	if !marked || module == "" {
		return false
	}
	k.module, k.slot = module, slot(name[last]-'A')
	return true
}

// tensorNames gives the names PEFT expects for a module's tensors: A and B, or W alone.
func tensorNames(module string, form adapter.Form) []string {
	switch form {
	case adapter.Embedding:
		return []string{prefix + module + ".lora_embedding_A", prefix + module + ".lora_embedding_B"}
	case adapter.Whole:
		return []string{prefix + module}
	default:
		return []string{prefix + module + ".lora_A.weight", prefix + module + ".lora_B.weight"}
	}
}

// foreign lists the parts of a key that belong to methods other than plain LoRA,
// and what to do about each.
var foreign = []struct{ part, what, remedy string }{
	{"lora_magnitude_vector", "a DoRA magnitude", doraRemedy},
	{"trainable_tokens_", "trainable tokens", tokensRemedy},
	{".lora_E", "an AdaLoRA rank", peftTypeRemedy},
	{".lora_ranknum", "an AdaLoRA rank", peftTypeRemedy},
	{".lora_diag", "the diagonal of KaSA", kasaRemedy},
	{".lora_monteclora_sampler", "a part of MonteCLoRA's sampler", monteRemedy},
	{".lora_down.", "half a pair as kohya's sd-scripts name it", aloneRemedy},
	{".lora_up.", "half a pair as kohya's sd-scripts name it", aloneRemedy},
	{".lora_a.", "half a pair as MLX names it", mlxRemedy},
	{".lora_b.", "half a pair as MLX names it", mlxRemedy},
	{".lora.down.", "half a pair as older releases of diffusers name it", aloneRemedy},
	{".lora.up.", "half a pair as older releases of diffusers name it", aloneRemedy},
	{"_lora.down.", "half a pair as older releases of diffusers name it", aloneRemedy},
	{"_lora.up.", "half a pair as older releases of diffusers name it", aloneRemedy},
	{".lora_", "a LoRA tensor of an unknown kind", "save it with a released version of PEFT"},
}

// refuseKey says why a tensor that is not part of a pair can't be a whole tensor either.
func refuseKey(name string) (what, remedy string, refused bool) {
	name = "." + name + "."
	if biasKey.MatchString(name) {
		return "a LoRA bias", biasRemedy, true
	}
	for _, f := range foreign {
		if strings.Contains(name, f.part) {
			return f.what, f.remedy, true
		}
	}
	return "", "", false
}
