package stages

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/adapter/gguf"
	"github.com/loramerge/loramerge/adapter/mlx"
	"github.com/loramerge/loramerge/adapter/peft"
	"github.com/loramerge/loramerge/internal/fault"
)

// otherReaders are words for `for` that one might expect.
var otherReaders = map[string]string{
	"tgi": "write lorax; TGI loads adapters by the same rules",
}

// checkReaders refuses what a reader that is named would not load, or would read wrongly.
func (s *saving) checkReaders(in Type) error {
	all := multierror.Append(nil, s.checkLimit())
	found := s.findings(in, false)
	var needed fixes
	for _, f := range found {
		needed = needed.join(f.fixes)
	}
	for _, f := range found {
		if f.remedy == "" {
			f.remedy = s.remedy(needed)
		}
		all = multierror.Append(all, fault.At(keyFor.At(s.Params), "%s", f.text).Mend(f.remedy).See("readers"))
	}
	return all.ErrorOrNil()
}

// Warnings warns of flags that a reader needs, and of releases that load the output wrongly.
func (s *saving) Warnings() []*fault.Fault {
	if len(s.In[0].Members) != 1 {
		return nil
	}
	filled, err := s.fill(s.In[0])
	if err != nil {
		return nil
	}
	out := s.roundingWarning(filled)
	for _, f := range s.findings(filled, true) {
		if f.remedy == "" {
			f.remedy = s.remedy(f.fixes)
		}
		out = append(out, fault.At(keyFor.At(s.Params), "%s", f.text).Mend(f.remedy).See("readers"))
	}
	return out
}

// findings are what the readers make of the folder, each text once.
func (s *saving) findings(in Type, notes bool) []*finding {
	named := s.readers()
	if !slices.ContainsFunc(named, func(r reader) bool { return len(r.rules) > 0 }) {
		return nil
	}
	f := s.folder(in)
	var out []*finding
	for _, r := range named {
		for _, rule := range r.rules {
			found := rule(r, f)
			known := func(other *finding) bool { return other.text == found.text }
			if found != nil && found.note == notes && !slices.ContainsFunc(out, known) {
				out = append(out, found)
			}
		}
	}
	return out
}

// readers are those that are named, or else the one whose own format it is.
func (s *saving) readers() []reader {
	if !keyFor.In(s.Params) {
		if at := slices.IndexFunc(readers, func(r reader) bool { return r.format == s.Format() }); at >= 0 {
			return readers[at : at+1]
		}
		return nil
	}
	return slices.DeleteFunc(slices.Clone(readers), func(r reader) bool { return !slices.Contains(keyFor.Of(s.Params), r.name) })
}

// folder is what would be written.
func (s *saving) folder(in Type) *folder {
	modules := in.Members[0].Modules
	f := &folder{config: peft.MergedConfig(in.Sources, modules, adapter.Base{Name: s.base(in)}), pairs: pairsOf(modules), limit: int(min(keyMaxLoraRank.Of(s.Params), maxPaddedRank))}
	f.wholes = slices.DeleteFunc(slices.Clone(modules), func(m *adapter.Module) bool { return m.Form != adapter.Whole })
	f.crosses = slices.ContainsFunc(in.Sources, func(a *adapter.Adapter) bool { return a.Format != s.Format() })
	for _, source := range in.Sources {
		if source.Task != "" {
			f.tasks = append(f.tasks, source.Task)
		}
	}
	f.pending = slices.ContainsFunc(f.pairs, func(m *adapter.Module) bool { return m.RankPending })
	return f
}

// base is the base model's name as far as the recipe or an input says it.
func (s *saving) base(in Type) string {
	if s.Recipe.Base != "" {
		return s.Recipe.Base
	}
	for _, source := range in.Sources {
		if source.Base.Name != "" {
			return source.Base.Name
		}
	}
	return ""
}

// checkLimit refuses a max-lora-rank that nobody reads, or that vLLM does not take.
func (s *saving) checkLimit() error {
	if !keyMaxLoraRank.In(s.Params) {
		return nil
	}
	at, limit := keyMaxLoraRank.At(s.Params), int(min(keyMaxLoraRank.Of(s.Params), maxPaddedRank))
	named := s.readers()
	if !slices.ContainsFunc(named, func(r reader) bool { return r.ranked }) {
		return fault.At(at, "max-lora-rank is what these servers are started with, and `for` names neither").Mend("add `for: vllm` or `for: sglang`")
	}
	if !slices.ContainsFunc(named, func(r reader) bool { return r.name == "vllm" }) || slices.Contains(vllmRanks, limit) {
		return nil
	}
	nearest := vllmRanks[len(vllmRanks)-1]
	if i := slices.IndexFunc(vllmRanks, func(rank int) bool { return rank >= limit }); i >= 0 {
		nearest = vllmRanks[i]
	}
	words := strings.Trim(strings.Join(strings.Fields(fmt.Sprint(vllmRanks)), ", "), "[]")
	return fault.At(at, "--max-lora-rank of vLLM takes %s, and not %d", words, limit).Mend(fmt.Sprintf("write %d", nearest)).See("readers")
}

// readers are the words of save's `for`, in the order of the help; the first of a format is the
// one that it is named after. The rules were read in the readers' sources:
//
//	vllm            vllm/lora/peft_helper.py (validate_legal, get_rank_and_scaling), vllm/config/lora.py (MaxLoRARanks)
//	sglang          python/sglang/srt/lora/lora_config.py (rank_overrides, alpha_overrides), lora.py
//	lorax           server/lorax_server/adapters/lora.py (LoraWeights.load, map_weights_for_model)
//	gguf-converter  convert_lora_to_gguf.py of llama.cpp (get_tensors, set_gguf_parameters)
var readers = []reader{
	{name: "peft", format: peft.Format, title: "PEFT", rules: []func(reader, *folder) *finding{tiedEmbedding}},
	{name: "vllm", format: peft.Format, title: "vLLM", ranked: true, rules: []func(reader, *folder) *finding{vllmWhole, vllmHeads, vllmMost, withinLimit, vllmFlag, vllmScales, vllmExperts}},
	{name: "sglang", format: peft.Format, title: "SGLang", ranked: true, rules: []func(reader, *folder) *finding{pairsAlone, oneRankAndAlpha, withinLimit, rsLoRA, untriedExperts}},
	{name: "lorax", format: peft.Format, title: "LoRAX", rules: []func(reader, *folder) *finding{pairsAlone, linearAlone, oneScale, oneRankOfKind, everyLayer}},
	{name: "llama.cpp", format: gguf.Format, title: "llama.cpp"},
	{name: "ollama", format: gguf.Format, title: "Ollama"},
	{name: "gguf-converter", format: peft.Format, title: "llama.cpp's converter", rules: []func(reader, *folder) *finding{ggufWhole, ggufConv, ggufExperts, ggufScales, ggufBase}},
	{name: "mlx", format: mlx.Format, title: "mlx_lm", rules: []func(reader, *folder) *finding{mlxTask, mlxWhole, mlxForms, mlxExperts, mlxTextAlone, mlxNames, mlxLayers, tiedEmbedding}},
}

// readerNames are the words of `for`.
func readerNames() []string {
	names := make([]string, len(readers))
	for i, r := range readers {
		names[i] = r.name
	}
	return names
}
