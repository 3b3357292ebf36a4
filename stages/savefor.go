package stages

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/adapter/mlx"
	"github.com/loramerge/loramerge/adapter/peft"
	"github.com/loramerge/loramerge/internal/fault"
)

// otherReaders are words for `for` that one might expect.
var otherReaders = map[string]string{
	"llama.cpp": "write gguf-converter for the folder that llama.cpp's convert_lora_to_gguf.py reads",
	"ollama":    "write gguf-converter for the folder that llama.cpp's convert_lora_to_gguf.py reads; give Ollama the GGUF file",
	"tgi":       "write lorax; TGI loads adapters by the same rules",
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
	var out []*fault.Fault
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
	f.pending = slices.ContainsFunc(f.pairs, func(m *adapter.Module) bool { return m.RankPending })
	return f
}

// Format is that of the readers, or where none is named the inputs' own, if they have one and it
// is written.
func (s *saving) Format() adapter.Format {
	if keyFor.In(s.Params) {
		return s.readers()[0].format
	}
	if len(s.In[0].Sources) == 0 {
		return peft.Format
	}
	format := s.In[0].Sources[0].Format
	for _, source := range s.In[0].Sources {
		if source.Format != format {
			return peft.Format
		}
	}
	return format
}

// checkFormat refuses readers of several formats, inputs whose modules have other names in the
// format, and what it can't hold.
func (s *saving) checkFormat(in Type) error {
	for _, r := range s.readers() {
		if r.format != s.Format() {
			return fault.At(keyFor.At(s.Params), "%s reads folders of %s, and %s those of %s", s.readers()[0].title, s.Format().Name(), r.title, r.format.Name()).
				Mend("write a save for each of the formats").See("formats")
		}
	}
	for _, source := range in.Sources {
		if source.Format.Naming() == s.Format().Naming() {
			continue
		}
		return fault.At(keyFor.At(s.Params), "%s is an adapter of %s, whose modules have other names in %s", source.Path, source.Format.Name(), s.Format().Name()).
			Mend("leave `for` out: without it a merge is saved in the format of its inputs").See("formats")
	}
	return nil
}

// checkHeld refuses what the format can't hold.
func (s *saving) checkHeld(in Type) error {
	if s.Format() == peft.Format { // which holds whatever was loaded
		return nil
	}
	_, err := s.Layout(in, adapter.Base{Name: s.base(in)})
	return fault.Place(keyFor.At(s.Params), err)
}

// Layout asks the format.
func (s *saving) Layout(in Type, base adapter.Base) (*adapter.Layout, error) {
	return s.Format().Layout(adapter.Content{Inputs: in.Sources, Modules: in.Members[0].Modules, Base: base})
}

// ReadBy asks PEFT's format.
func (s *saving) ReadBy() string {
	if s.Format() != peft.Format || len(s.In[0].Members) != 1 {
		return ""
	}
	return peft.ReadBy(s.In[0].Sources, s.In[0].Members[0].Modules)
}

// ShownLayout is that of the folders that commands are shown: PEFT's, or the inputs' own where
// that names modules in another way.
func ShownLayout(in Type, base adapter.Base) (*adapter.Layout, error) {
	format := peft.Format
	if len(in.Sources) > 0 && in.Sources[0].Format.Naming() != format.Naming() {
		format = in.Sources[0].Format
	}
	return format.Layout(adapter.Content{Inputs: in.Sources, Modules: in.Members[0].Modules, Base: base})
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
	{name: "gguf-converter", format: peft.Format, title: "llama.cpp's converter", rules: []func(reader, *folder) *finding{ggufWhole, ggufConv, ggufExperts, ggufScales, ggufBase}},
	{name: "mlx", format: mlx.Format, title: "mlx_lm", rules: []func(reader, *folder) *finding{mlxWhole, mlxForms, mlxExperts, mlxTextAlone, mlxNames, tiedEmbedding}},
}

// readerNames are the words of `for`.
func readerNames() []string {
	names := make([]string, len(readers))
	for i, r := range readers {
		names[i] = r.name
	}
	return names
}
