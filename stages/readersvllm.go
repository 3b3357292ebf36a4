package stages

import (
	"fmt"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/adapter/peft"
)

// vllmRanks are what --max-lora-rank of vLLM takes, and vllmRank what it is unless given.
var vllmRanks = []int{1, 8, 16, 32, 64, 128, 256, 320, 512}

const vllmRank = 16

// VLLMFlag is the --max-lora-rank that vLLM needs for a rank, 0 where it needs none; loads is
// false of a rank that it takes with no flag.
func VLLMFlag(rank int) (flag int, loads bool) {
	if rank <= vllmRank {
		return 0, true
	}
	return VLLMRank(rank)
}

// VLLMRank is the least --max-lora-rank of vLLM that a rank fits; loads is false where none does.
func VLLMRank(rank int) (most int, loads bool) {
	at := slices.IndexFunc(vllmRanks, func(r int) bool { return r >= rank })
	if at < 0 {
		return 0, false
	}
	return vllmRanks[at], true
}

// vllmClassifiers are the heads that vLLM loads.
var vllmClassifiers = []string{"classifier", "score"}

// vllmWhole: modules_to_save must be empty except for the heads of classifiers, bias must
// be none, and the key of any other tensor is an error. Copies of the base model's own
// embeddings are passed over.
func vllmWhole(_ reader, f *folder) *finding {
	refused := slices.DeleteFunc(slices.Clone(f.wholes), func(m *adapter.Module) bool {
		return strings.HasSuffix(m.Name, ".embed_tokens.base_layer.weight") || strings.HasSuffix(m.Name, ".lm_head.base_layer.weight") || vllmClassifier(f, m)
	})
	if len(refused) == 0 {
		return nil
	}
	return &finding{text: fmt.Sprintf("vLLM refuses an adapter with whole tensors such as %q", refused[0].Name), fixes: fixes{drop: f.globs(refused)}}
}

// vllmClassifier reports whether a tensor is a head's own; the copies of its biases that `bias: all`
// adds are refused as that is.
func vllmClassifier(f *folder, m *adapter.Module) bool {
	return !peft.IsWrappedBias(m.Name) && slices.ContainsFunc(f.config.ModulesToSave, func(entry string) bool {
		return slices.Contains(vllmClassifiers, entry) && peft.IsHead(entry, m.Name)
	})
}

func vllmHeads(_ reader, f *folder) *finding {
	heads := slices.DeleteFunc(slices.Clone(f.wholes), func(m *adapter.Module) bool { return !vllmClassifier(f, m) })
	if len(heads) == 0 {
		return nil
	}
	return &finding{note: true, text: fmt.Sprintf("vLLM loads heads such as %q since August 2026; earlier releases refuse the adapter", heads[0].Name), fixes: fixes{drop: f.globs(heads)}}
}

func vllmMost(_ reader, f *folder) *finding {
	most := vllmRanks[len(vllmRanks)-1]
	if f.pending || f.config.R <= most || f.limit > 0 {
		return nil
	}
	return &finding{text: fmt.Sprintf("vLLM loads ranks up to %d, and this adapter has %d", most, f.config.R), fixes: fixes{rank: most, truncate: true}}
}

// vllmFlag: r is compared with --max-lora-rank before anything is loaded.
func vllmFlag(_ reader, f *folder) *finding {
	flag, _ := VLLMFlag(f.config.R)
	if f.pending || f.limit > 0 || flag == 0 {
		return nil
	}
	return &finding{note: true, text: fmt.Sprintf("this adapter has rank %d: start vLLM with `--max-lora-rank %d`", f.config.R, flag),
		remedy: fmt.Sprintf("add `max-lora-rank: %d` here to say that you will", flag)}
}

// vllmExperts: it loads experts.base_layer as gate_up_proj and experts as down_proj; which of PEFT's layouts it takes
// their factors to be in, its sources do not show.
func vllmExperts(_ reader, f *folder) *finding {
	experts := f.stackedExperts()
	if len(experts) == 0 {
		return nil
	}
	return &finding{note: true, text: fmt.Sprintf("vLLM loads stacked experts such as %q, but it is not known whether in the layout of PEFT 0.19.1 or an earlier one", experts[0].Name),
		remedy: "compare its answers with PEFT's before you rely on them"}
}

// vllmScales: rank_pattern and alpha_pattern were ignored before, and one alpha/r taken for all.
func vllmScales(_ reader, f *folder) *finding {
	first, other := differing(f.pairs, pairScale)
	if other == nil {
		return nil
	}
	return &finding{note: true, fixes: fixes{fold: true},
		text: fmt.Sprintf("vLLM takes one alpha/r for all modules before its releases of mid 2026, and %q has %.6g where %q has %.6g", other.Name, other.Scale, first.Name, first.Scale)}
}
