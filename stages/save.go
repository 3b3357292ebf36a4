package stages

import (
	"context"
	"fmt"
	"slices"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/recipe"
)

var saveKind = &Kind{
	Verb: recipe.Verb{
		Name:    "save",
		Summary: "write an adapter's folder",
		Doc: `Writes adapter_config.json and adapter_model.safetensors, for PEFT and vLLM to load. The folder takes
the target's place in one step when it is complete. A folder that loramerge did not make is not
overwritten without --force. dtype is the inputs' own unless given; a value that it can't hold (from 65520
on in float16) is an error, or with clamp: true becomes the largest it can. carry copies files that
stand beside an input: tokenizer and chat-template are those that transformers saves, and any other
file goes by its name. Where several inputs have a file it must be the same, or a table says whose.`,
		Flow:    "1 → file",
		Example: "{save: merged, to: out/merged, dtype: bfloat16}",
		Params: []*recipe.Param{
			{Name: "to", Type: recipe.TextType{What: "the path of the folder to write"}, Required: true, Aside: true, Doc: "the folder, relative to the recipe's file"},
			{Name: "dtype", Type: recipe.ChoiceType{"inputs", "float32", "float16", "bfloat16", "float64"}, Default: "inputs", Doc: "of the tensors that are written"},
			{Name: "clamp", Type: recipe.SwitchType{}, Default: false, Doc: "whether a value beyond the dtype becomes the largest finite one of its sign, with a warning"},
			{Name: "for", Type: recipe.ChoiceType{"peft", "vllm"}, Default: "peft", Aside: true, Doc: "who will load it: warns of what that server would not load"},
			{Name: "carry", Type: recipe.PicksType{What: "tokenizer, chat-template or the name of a file"}, Aside: true, Doc: "what to copy as it is from the inputs' folders"},
		},
	},
	Version: 2,
	New:     func(s Setting) Stage { return &saving{s} },
}

type saving struct{ Setting }

var dtypes = map[string]adapter.DType{
	"float32": adapter.F32, "float16": adapter.F16, "bfloat16": adapter.BF16, "float64": adapter.F64,
}

func (s *saving) Check(in []Type) (Type, error) {
	var all *multierror.Error
	if n := len(in[0].Members); n != 1 {
		all = multierror.Append(all, recipe.Mistakef(s.Inputs[0].Position, "combine them first, or pick one: stage.adapter", "save writes one adapter, and %d flow in", n))
	}
	if in[0].Space != Factors {
		all = multierror.Append(all, recipe.Mistakef(s.Inputs[0].Position, "bring it back with `factor` first", "a file holds factors, and a delta flows in").See("spaces"))
	}
	if all != nil {
		return in[0], all
	}
	if err := s.checkWhole(in[0]); err != nil {
		return in[0], err
	}
	dtype, chosen := dtypes[s.Params.Text("dtype")]
	if !chosen {
		return in[0], nil
	}
	member := in[0].Members[0]
	modules := slices.Clone(member.Modules)
	for i, m := range modules {
		changed := *m
		for _, tensor := range []*adapter.Tensor{&changed.A, &changed.B, &changed.W} {
			if tensor.DType.IsFloat() {
				tensor.DType = dtype
			}
		}
		modules[i] = &changed
	}
	return in[0].one(member.Name, modules), nil
}

// checkWhole refuses what no configuration describes rightly: a head of which a part was
// left out, and heads without one pair.
func (s *saving) checkWhole(in Type) error {
	var all *multierror.Error
	modules := in.Members[0].Modules
	for _, head := range adapter.CutHeads(in.Sources, modules) {
		all = multierror.Append(all, recipe.Mistakef(s.Inputs[0].Position, fmt.Sprintf("keep all of it, or leave all of it out with `exclude: %q`", "*"+head.Entry+".*"),
			"PEFT takes %q for one head, of which %q is here and %q was left out", head.Entry, head.Kept, head.Missing).See("whole-tensors"))
	}
	if !slices.ContainsFunc(modules, func(m *adapter.Module) bool { return m.Form != adapter.Whole }) {
		all = multierror.Append(all, recipe.Mistakef(s.Inputs[0].Position, "keep some pairs too: an adapter without them is not loaded as LoRA",
			"no pair A, B is left, only whole tensors such as %q", modules[0].Name).See("whole-tensors"))
	}
	return all.ErrorOrNil()
}

// Target is the folder to write.
func (s *saving) Target() string { return s.resolve(s.Params.Text("to")) }

// Clamps is the parameter.
func (s *saving) Clamps() bool { return s.Params.Switch("clamp") }

// Carries is the parameter.
func (s *saving) Carries() []recipe.Pick { return s.Params.Picks("carry") }

// Apply passes on what is to be written.
func (s *saving) Apply(_ context.Context, _ Site, in []Value) (Value, error) { return in[0], nil }

// vllmMaxRank is the greatest value of vLLM's --max-lora-rank; a larger adapter is not loaded.
const vllmMaxRank = 512

// Warnings tells what the chosen server would not load, or would load wrongly.
func (s *saving) Warnings(in []Type) []*recipe.Mistake {
	if s.Params.Text("for") != "vllm" || len(in[0].Members) != 1 {
		return nil
	}
	var out []*recipe.Mistake
	warn := func(remedy, format string, args ...any) {
		out = append(out, recipe.Mistakef(s.Params.At("for"), remedy, format, args...).See("vllm"))
	}
	modules := in[0].Members[0].Modules
	if most := maxRank(in[0]); most > vllmMaxRank {
		warn("bring it down with `rank … how: truncate`", "vLLM loads ranks up to %d, and this adapter has %d", vllmMaxRank, most)
	}
	if i := slices.IndexFunc(modules, func(m *adapter.Module) bool { return m.Form == adapter.Whole }); i >= 0 {
		warn("leave it out with `select … exclude`", "vLLM does not load whole tensors such as %q", modules[i].Name)
	}
	pairs := slices.DeleteFunc(slices.Clone(modules), func(m *adapter.Module) bool { return m.Form == adapter.Whole })
	if i := slices.IndexFunc(pairs, func(m *adapter.Module) bool { return m.Scale != pairs[0].Scale || m.Rank != pairs[0].Rank }); i >= 0 {
		warn("add `scale … alpha: fold` and `rank` before it", "vLLM uses one alpha/r for all modules, and %q differs from %q", pairs[i].Name, pairs[0].Name)
	}
	return out
}
