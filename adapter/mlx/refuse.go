package mlx

import (
	"slices"
	"strings"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/printable"
	"github.com/loramerge/loramerge/internal/safetensors"
)

const doraRemedy = "DoRA rescales the base model's own weights, which are not in these files; train with fine_tune_type: lora, or fuse it into the base model first (mlx_lm.fuse)"

// notPlain is the Fault of what can't be merged from its files alone.
func notPlain(path, format string, args ...any) *fault.Fault {
	return fault.In(path, format, args...).See("not-plain-lora")
}

// refusal is a kind of tensor that can't be merged.
type refusal struct{ what, remedy string }

var (
	magnitude = refusal{"a DoRA magnitude", doraRemedy}
	fused     = refusal{"part of a layer that fuses several outputs, each with a pair of its own", "there is no single A and B; train on other layers (`keys` in lora_parameters), or fuse it into the base model first (mlx_lm.fuse)"}
	single    = refusal{"a stack of one expert", "train without the experts' layers (`keys` in lora_parameters)"}
	shapeless = refusal{"half of a pair, and no matrix", "lora_a must be [in, r] and lora_b [r, out], of experts [experts, r, in] and [experts, out, r]; save it again from the model that was trained"}
	unknown   = refusal{"no half of a pair lora_a, lora_b", "mlx_lm stores nothing else of a LoRA; save it again from the model that was trained"}
)

// refuse says why a tensor can't be half of a pair.
func refuse(k key, stored safetensors.Tensor) (why refusal, refused bool) {
	switch {
	case k.half == 0 && strings.HasSuffix(stored.Name, ".m") && len(stored.Shape) == 1:
		return magnitude, true
	case k.half == 0:
		return unknown, true
	case k.part != "":
		return fused, true
	case len(stored.Shape) == 3 && stored.Shape[0] == 1:
		return single, true
	case len(stored.Shape) != 2 && len(stored.Shape) != 3 || slices.Contains(stored.Shape, 0):
		return shapeless, true
	}
	return refusal{}, false
}

// refusals names the first tensor of each kind.
func refusals(path string, found map[refusal][]string) error {
	var all *multierror.Error
	for why, names := range found {
		slices.Sort(names)
		others := ""
		if len(names) > 1 {
			others = ", like " + printable.Count(len(names)-1, "other")
		}
		all = multierror.Append(all, notPlain(path, "tensor %q is %s%s", names[0], why.what, others).Mend(why.remedy))
	}
	slices.SortFunc(all.Errors, func(x, y error) int { return strings.Compare(x.Error(), y.Error()) })
	return all.ErrorOrNil()
}
