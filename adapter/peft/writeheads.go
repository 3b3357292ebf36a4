package peft

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/jsonobject"
)

// headModule is a module that an entry of modules_to_save names, with a tensor of it that
// is kept and one that was left out, where there are such.
type headModule struct{ Name, Kept, Missing string }

// reached lists the modules of the inputs that an entry of modules_to_save names, sorted.
// PEFT takes every module whose name ends with the entry: classifier names pre_classifier too.
// A module lacks nothing if it is whole as one of the inputs has it.
func reached(entry string, inputs []*adapter.Adapter, held map[string]bool) []headModule {
	byName := make(map[string]headModule)
	for _, input := range inputs {
		for name, head := range reachedIn(input, entry, held) {
			if known, twice := byName[name]; !twice || known.Missing != "" && head.Kept != "" {
				byName[name] = head
			}
		}
	}
	out := make([]headModule, 0, len(byName))
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		out = append(out, byName[name])
	}
	return out
}

func reachedIn(a *adapter.Adapter, entry string, held map[string]bool) map[string]headModule {
	byName := make(map[string]headModule)
	for i := range a.Modules {
		m := &a.Modules[i]
		if m.Form != adapter.Whole {
			continue
		}
		name, ok := headOf(entry, m.Name)
		if !ok {
			continue
		}
		head := byName[name]
		head.Name = name
		switch {
		case held[m.Name]:
			head.Kept = m.Name
		case !IsWrappedBias(m.Name): // PEFT looks up the module's own names alone
			head.Missing = m.Name
		}
		byName[name] = head
	}
	return byName
}

// headOf is the module that a whole tensor belongs to if an entry of modules_to_save names it.
func headOf(entry, tensor string) (module string, ok bool) {
	for at, c := range tensor {
		if c == '.' && strings.HasSuffix(tensor[:at], entry) {
			return tensor[:at], true
		}
	}
	return "", false
}

// IsHead reports whether a whole tensor belongs to a module that an entry of modules_to_save names.
func IsHead(entry, tensor string) bool {
	_, ok := headOf(entry, tensor)
	return ok
}

func wholeNames(modules []*adapter.Module) map[string]bool {
	names := make(map[string]bool)
	for _, m := range modules {
		if m.Form == adapter.Whole {
			names[m.Name] = true
		}
	}
	return names
}

// heldHeads are the entries of the inputs' modules_to_save of which modules has tensors,
// sorted. PEFT looks every tensor of a module that is named there up in the file, and
// ends with a KeyError where one is missing (0.15 and later, set_peft_model_state_dict);
// so an entry that names others too is replaced by the names of the modules that are held.
func heldHeads(inputs []*adapter.Adapter, modules []*adapter.Module) []string {
	names, held := make(map[string]bool), wholeNames(modules)
	for _, entry := range headEntries(inputs) {
		heads := reached(entry, inputs, held)
		whole := slices.DeleteFunc(slices.Clone(heads), func(h headModule) bool { return h.Missing != "" })
		if len(whole) == len(heads) && len(heads) > 0 {
			names[entry] = true
			continue
		}
		for _, head := range whole {
			names[head.Name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// headEntries unites the inputs' modules_to_save.
func headEntries(inputs []*adapter.Adapter) []string {
	all := make(map[string]bool)
	for _, input := range inputs {
		for _, entry := range ConfigOf(input).ModulesToSave.Names {
			all[entry] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// CutHead is an entry of modules_to_save with a tensor that is kept and one that was left out.
type CutHead struct{ Entry, Kept, Missing string }

// CutHeads finds the inputs' heads of which modules holds a part. No configuration is
// right for these: with the entry PEFT misses the rest, without it PEFT loads the part
// into the base model itself.
func CutHeads(inputs []*adapter.Adapter, modules []*adapter.Module) []CutHead {
	held := wholeNames(modules)
	var cut []CutHead
	note := func(entry, kept, missing string) {
		known := func(c CutHead) bool { return c.Kept == kept && c.Missing == missing }
		if kept != "" && missing != "" && !slices.ContainsFunc(cut, known) {
			cut = append(cut, CutHead{entry, kept, missing})
		}
	}
	for _, entry := range headEntries(inputs) {
		for _, head := range reached(entry, inputs, held) {
			note(entry, head.Kept, head.Missing)
		}
	}
	for _, entry := range heldHeads(inputs, modules) {
		var kept, missing string
		for _, head := range reached(entry, inputs, held) {
			kept, missing = cmp.Or(kept, head.Kept), cmp.Or(missing, head.Missing)
		}
		note(entry, kept, missing)
	}
	return cut
}

// heldBias is the widest of the inputs' bias (none, lora_only, all), or none where no
// bias is left but those of heads.
func heldBias(inputs []*adapter.Adapter, modules []*adapter.Module, heads []string) string {
	isBias := func(m *adapter.Module) bool {
		return m.Form == adapter.Whole && strings.HasSuffix(m.Name, ".bias") && (IsWrappedBias(m.Name) ||
			!slices.ContainsFunc(heads, func(entry string) bool { return IsHead(entry, m.Name) }))
	}
	widest := "none"
	if !slices.ContainsFunc(modules, isBias) {
		return widest
	}
	order := []string{"", "none", "lora_only", "all"}
	for _, input := range inputs {
		if bias := ConfigOf(input).Bias; slices.Index(order, bias) > slices.Index(order, widest) {
			widest = bias
		}
	}
	return widest
}

// IsWrappedBias reports whether a tensor is a copy of a head's bias that `bias: all` stores, as the
// model's state_dict names it.
func IsWrappedBias(name string) bool {
	return strings.Contains(name, ".modules_to_save.") || strings.Contains(name, ".original_module.")
}

// taskHeads are what PEFT adds to modules_to_save by itself for a task_type
// (PeftModelForSequenceClassification and the like in peft_model.py).
var taskHeads = map[string][]string{
	"SEQ_CLS": {"classifier", "score"}, "TOKEN_CLS": {"classifier", "score"}, "QUESTION_ANS": {"qa_outputs"},
}

// heldTask is the task_type, or null where the head that comes with the task was left
// out: PEFT would look for it in the file. Without a task the model's own head is used.
func heldTask(task json.RawMessage, inputs []*adapter.Adapter, modules []*adapter.Module) json.RawMessage {
	name, _ := jsonobject.Value(task).(string)
	entries, comes := taskHeads[name]
	if !comes {
		return task
	}
	kept, missing := 0, 0
	for _, entry := range entries {
		for _, head := range reached(entry, inputs, wholeNames(modules)) {
			if head.Missing == "" {
				kept++
			} else {
				missing++
			}
		}
	}
	if kept == 0 || missing > 0 {
		return json.RawMessage("null")
	}
	return task
}
