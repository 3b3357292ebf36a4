package stages

import (
	"fmt"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/adapter/mlx"
)

// The rules of MLX were read in mlx_lm/tuner/utils.py (linear_to_lora_layers, load_adapters): every
// tensor must be lora_a or lora_b of a linear layer, an embedding or a stack of experts of the
// model that mlx_lm builds. Ranks and scales are brought to one where the file is written.

// mlxTask: mlx_lm.load builds the model that predicts the next token, whatever the adapter was trained for.
func mlxTask(r reader, f *folder) *finding {
	at := slices.IndexFunc(f.tasks, func(task string) bool { return task != mlx.Task })
	if at < 0 {
		return nil
	}
	return &finding{text: fmt.Sprintf("%s builds models of the task %s alone, and this adapter was trained for %s", r.title, mlx.Task, f.tasks[at]),
		remedy: "save it for a reader of PEFT's folders"}
}

func mlxWhole(r reader, f *folder) *finding {
	if len(f.wholes) == 0 {
		return nil
	}
	return &finding{text: fmt.Sprintf("%s has no place for whole tensors such as %q", r.title, f.wholes[0].Name), fixes: fixes{drop: f.globs(f.wholes)}}
}

func mlxForms(r reader, f *folder) *finding {
	others := slices.DeleteFunc(slices.Clone(f.pairs), func(m *adapter.Module) bool {
		return m.Form == adapter.Linear || m.Form == adapter.Embedding || m.IsStacked()
	})
	if len(others) == 0 {
		return nil
	}
	return &finding{text: fmt.Sprintf("%s has no place for %q, whose layer is neither linear nor an embedding (%s)", r.title, others[0].Name, others[0].Form), fixes: fixes{drop: f.globs(others)}}
}

// mlxExperts: mlx_lm joins the experts' weights when it loads a model (sanitize in
// mlx_lm/models/qwen3_moe.py and others), so that a layer of one expert does not exist there.
func mlxExperts(r reader, f *folder) *finding {
	at := slices.IndexFunc(f.pairs, func(m *adapter.Module) bool { return strings.Contains(m.Name, ".experts.") && !m.IsStacked() })
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

// mlxLayers: mlx_lm builds model.h of GPT-2 and GPT-NeoX (mlx_lm/models/gpt2.py, gpt_neox.py), and transformer.h of
// others that transformers calls so too (gpt_bigcode.py, qwen.py).
func mlxLayers(r reader, f *folder) *finding {
	const neoX, gpt2, ours = "gpt_neox.layers.", "transformer.h.", "model.h."
	if m := f.beginning(neoX); m != nil {
		renames := neoX + ": " + ours
		if f.beginning("gpt_neox.embed_in") != nil {
			renames += ", gpt_neox.: model."
		}
		if f.beginning("embed_out") != nil {
			renames += `, "": model.`
		}
		return &finding{text: fmt.Sprintf("%s calls %q %q", r.title, m.Name, ours+strings.TrimPrefix(m.Name, neoX)), remedy: fmt.Sprintf("add `rename: {%s}` to the loads", renames)}
	}
	if m := f.beginning(gpt2); m != nil {
		return &finding{note: true, text: fmt.Sprintf("if the base model is GPT-2, %s calls %q %q", r.title, m.Name, ours+strings.TrimPrefix(m.Name, gpt2)),
			remedy: "add `rename: {transformer.: model.}` to the loads of adapters of GPT-2"}
	}
	return nil
}

// beginning is a pair whose name begins so; nil where there is none.
func (f *folder) beginning(name string) *adapter.Module {
	at := slices.IndexFunc(f.pairs, func(m *adapter.Module) bool { return strings.HasPrefix(m.Name, name) })
	if at < 0 {
		return nil
	}
	return f.pairs[at]
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
