package adapter

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// knownFields are LoraConfig's fields up to PEFT 0.20 that need no word of warning:
// they are read here, refused by name, or matter to training only.
var knownFields = strings.Fields(`
	alora_invocation_tokens alpha_pattern arrow_config auto_mapping base_model_name_or_path bias corda_config
	ensure_weight_tying eva_config exclude_modules fan_in_fan_out inference_mode init_lora_weights layer_replication
	layers_pattern layers_to_transform loftq_config lora_alpha lora_bias lora_dropout lora_ga_config megatron_config
	megatron_core modules_to_save monteclora_config peft_type peft_version qalora_group_size r rank_pattern revision
	runtime_config target_modules target_parameters task_type trainable_token_indices use_bdlora use_dora use_qalora
	use_rslora velora_config enable_lora merge_weights`)

// oddities tells what a careful reader would want to know of the folder.
func (a *Adapter) oddities() []string {
	var notes []string
	note := func(format string, args ...any) { notes = append(notes, fmt.Sprintf(format, args...)) }
	if a.Config.Base == nil || *a.Config.Base == "" {
		note("names no base model")
	}
	if a.Config.Alpha == 0 {
		note("lora_alpha is 0, so that the pairs have no effect")
	}
	for _, name := range a.unreached() {
		note("target_modules names %q, of which there are no tensors", name)
	}
	for _, name := range a.Config.ModulesToSave.Names {
		if !a.any(func(m *Module) bool { return m.Form == Whole && strings.Contains("."+m.Name+".", "."+name+".") }) {
			note("modules_to_save names %q, of which there are no tensors", name)
		}
	}
	for _, field := range slices.Sorted(maps.Keys(a.Config.Raw)) {
		if !slices.Contains(knownFields, field) && isSet(a.Config.Raw[field]) {
			note("%s sets %q, which this version does not know and does not carry over", ConfigFile, field)
		}
	}
	return append(notes, a.tensorOddities()...)
}

func (a *Adapter) tensorOddities() []string {
	var notes []string
	dtypes := make(map[DType]bool)
	ranks := 0
	for i := range a.Modules {
		m := &a.Modules[i]
		for _, tensor := range m.Tensors() {
			dtypes[tensor.DType] = true
		}
		if m.Form != Whole && m.Rank != a.Config.rank(m.Name) {
			ranks++
		}
	}
	if ranks > 0 {
		notes = append(notes, fmt.Sprintf("%d modules have another rank than %s says; the tensors' own rank is used", ranks, ConfigFile))
	}
	if len(dtypes) > 1 {
		notes = append(notes, "mixes the dtypes "+dtypeNames(dtypes))
	}
	if k := parseKey(a.file.Tensors()[0].Name); k.prefixes != 1 {
		notes = append(notes, fmt.Sprintf("keys carry the prefix %q %d times", prefix, k.prefixes))
	}
	for _, link := range a.Links() {
		notes = append(notes, fmt.Sprintf("%s leads through a symbolic link to %s", link.Path, link.To))
	}
	return notes
}

func dtypeNames(dtypes map[DType]bool) string {
	var names []string
	for dtype := range dtypes {
		names = append(names, dtype.String())
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// rank is what the configuration says of a module, which its tensors may belie.
func (c *Config) rank(module string) int {
	if rank, ok := c.RankPattern.Lookup(module); ok {
		return int(rank)
	}
	return c.R
}

// unreached are the entries of target_modules that reach none of the pairs. Mostly the
// first layers reach all of them, and the others need no look.
func (a *Adapter) unreached() []string {
	names := a.Config.TargetModules.Names
	missing := make(map[string]bool)
	for _, name := range names {
		missing[name] = true
	}
	for i := 0; i < len(a.Modules) && len(missing) > 0; i++ {
		if m := &a.Modules[i]; m.Form != Whole {
			for tail := range tails(m.Name) {
				delete(missing, tail)
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !missing[name] })
}

func (a *Adapter) any(test func(*Module) bool) bool {
	for i := range a.Modules {
		if test(&a.Modules[i]) {
			return true
		}
	}
	return false
}
