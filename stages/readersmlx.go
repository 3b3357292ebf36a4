package stages

import (
	"fmt"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/adapter"
)

// The rules of MLX were read in mlx_lm/tuner/utils.py (linear_to_lora_layers, load_adapters): every
// tensor must be lora_a or lora_b of a linear layer, an embedding or a stack of experts of the
// model that mlx_lm builds. Ranks and scales are brought to one where the file is written.

func mlxWhole(r reader, f *folder) *finding {
	if len(f.wholes) == 0 {
		return nil
	}
	return &finding{text: fmt.Sprintf("%s has no place for whole tensors such as %q", r.title, f.wholes[0].Name), fixes: fixes{drop: f.globs(f.wholes)}}
}

func mlxForms(r reader, f *folder) *finding {
	others := slices.DeleteFunc(slices.Clone(f.pairs), func(m *adapter.Module) bool { return m.Form == adapter.Linear || m.Form == adapter.Embedding })
	if len(others) == 0 {
		return nil
	}
	return &finding{text: fmt.Sprintf("%s has no place for %q, whose layer is neither linear nor an embedding (%s)", r.title, others[0].Name, others[0].Form), fixes: fixes{drop: f.globs(others)}}
}

// mlxExperts: mlx_lm joins the experts' weights when it loads a model (sanitize in
// mlx_lm/models/qwen3_moe.py and others), so that a layer of one expert does not exist there.
func mlxExperts(r reader, f *folder) *finding {
	at := slices.IndexFunc(f.pairs, func(m *adapter.Module) bool { return strings.Contains(m.Name, ".experts.") })
	if at < 0 {
		return nil
	}
	return &finding{text: fmt.Sprintf("%s has one stack for all experts of a layer, and %q is for one of them", r.title, f.pairs[at].Name), fixes: fixes{drop: []string{"experts.*"}}}
}

// otherThanText are parts of models that read images or sound too: mlx_lm builds the language
// model alone.
var otherThanText = []string{"vision_tower", "vision_model", "visual", "multi_modal_projector", "audio_tower"}

func mlxTextAlone(r reader, f *folder) *finding {
	for _, part := range otherThanText {
		for _, m := range f.pairs {
			if strings.Contains("."+m.Name, "."+part+".") {
				return &finding{text: fmt.Sprintf("%s builds the language model alone, without %q", r.title, m.Name), fixes: fixes{drop: []string{part + ".*"}}}
			}
		}
	}
	return nil
}

// mlxNames: in transformers 5 a model that reads images too has model.language_model.layers, and
// in mlx_lm, as in transformers 4, language_model.model.layers.
func mlxNames(r reader, f *folder) *finding {
	const theirs, ours = "model.language_model.", "language_model.model."
	at := slices.IndexFunc(f.pairs, func(m *adapter.Module) bool { return strings.HasPrefix(m.Name, theirs) })
	if at < 0 {
		return nil
	}
	renames := theirs + ": " + ours
	if slices.ContainsFunc(f.pairs, func(m *adapter.Module) bool { return m.Name == "lm_head" }) {
		renames += `, "": language_model.` // the head is under nothing else
	}
	return &finding{text: fmt.Sprintf("%s calls %q %q", r.title, f.pairs[at].Name, ours+strings.TrimPrefix(f.pairs[at].Name, theirs)),
		remedy: fmt.Sprintf("add `rename: {%s}` to the loads", renames)}
}

// tiedEmbedding: LoRAEmbedding of mlx_lm is also the head of a model that ties the two
// (as_linear in mlx_lm/tuner/lora.py), and PEFT's is not.
func tiedEmbedding(r reader, f *folder) *finding {
	at := slices.IndexFunc(f.pairs, func(m *adapter.Module) bool { return m.Form == adapter.Embedding })
	if at < 0 || !f.crosses {
		return nil
	}
	return &finding{note: true, fixes: fixes{drop: []string{f.pairs[at].Name}},
		text: fmt.Sprintf("where the base model ties its head to %q, MLX applies the pair to both and PEFT to the embedding alone", f.pairs[at].Name)}
}
