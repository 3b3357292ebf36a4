package stages

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/adapter/peft"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/recipe"
)

var saveKind = &Kind{
	Verb: recipe.Verb{
		Name:    "save",
		Summary: "write an adapter's folder",
		Doc: `Writes a folder in the format of the inputs, or where they differ as PEFT does: adapter_config.json and
adapter_model.safetensors. For MLX it has one rank and one scale for all modules; for llama.cpp
and ollama it holds adapter.gguf, for the base model of base-config. The folder replaces the
target in one step when it is complete. A folder that loramerge did not make is not overwritten without
--force. dtype is the inputs' own unless given; a value that it can't hold (from 65520 on in float16) is an
error, or with clamp: true becomes the largest it can. The configuration says what the file holds: r is the
largest rank of any module, lora_alpha the scale times r, and rank_pattern and alpha_pattern name the
modules that differ; of modules_to_save, bias and target_modules only what is there is named.

PEFT loads every folder of its own. Servers require more: name them in for, and whatever they would reject or
misread is an error, with the stages that fix it; a flag that they need is a warning. If the run chooses
the ranks (energy, budget), they are checked as soon as they are known, before anything is replaced.

carry copies other files of the inputs' folders: tokenizer and chat-template are those that transformers
saves; any other file is given by its name. Where several inputs have a file it must be the same, or a
table says whose.`,
		Writes:  true,
		Flow:    "1 → file",
		Example: "{save: merged, to: out/merged, dtype: bfloat16}",
		Params: []*recipe.Param{
			{Name: string(keyTo), Type: recipe.TextType{What: "the path of the folder to write"}, Required: true, NotInDigest: true, Doc: "the folder, relative to the recipe's file"},
			{Name: string(keyDtype), Type: recipe.ChoiceType{"inputs", "float32", "float16", "bfloat16", "float64"}, Default: "inputs", Doc: "the dtype of the tensors that are written"},
			{Name: string(keyClamp), Type: recipe.SwitchType{}, Default: false, Doc: "whether a value beyond the dtype becomes the largest finite one of its sign, with a warning"},
			{Name: string(keyFor), Type: recipe.ChoicesType{Words: readerNames(), Instead: otherReaders}, NotInDigest: true, Doc: "what must be able to load it, which decides on the format; without it, the format is the inputs' own, or PEFT's where they differ. gguf-converter is llama.cpp's convert_lora_to_gguf.py"},
			{Name: string(keyMaxLoraRank), Type: recipe.CountType{Min: 1}, NotInDigest: true, Doc: "the --max-lora-rank of vLLM or SGLang: a module of a larger rank is an error"},
			{Name: string(keyFillLayers), Type: recipe.CountType{Min: 1}, Doc: "how many layers the base model has: where one lacks a kind of module that others have, it gets a pair of zeros, as LoRAX needs"},
			{Name: string(keyBaseConfig), Type: recipe.TextType{What: "a folder, a file or hf://OWNER/NAME"}, NotInDigest: true, Doc: "the base model's config.json, or what holds it: a GGUF file needs its architecture and numbers of heads, and nothing else of it"},
			{Name: string(keyCarry), Type: recipe.PicksType{What: "tokenizer, chat-template or the name of a file"}, NotInDigest: true, Doc: "what to copy as it is from the inputs' folders"},
		},
	},
	Version: 2,
	Bind:    bindSave,
	Needs:   baseConfigNeeds,
}

// weightsEndings are those of files of weights, which one may expect a save to write.
var weightsEndings = []string{".safetensors", ".gguf", ".bin", ".npz", ".pt", ".ckpt"}

type saving struct {
	Spec
	baseConfig *BaseConfig // nil if the recipe names none
}

var dtypes = map[string]adapter.DType{
	"float32": adapter.F32, "float16": adapter.F16, "bfloat16": adapter.BF16, "float64": adapter.F64,
}

func bindSave(spec Spec) (Op, Type, error) {
	s, in := &saving{Spec: spec}, spec.In
	var all *multierror.Error
	if n := len(in[0].Members); n != 1 {
		all = multierror.Append(all, fault.At(s.Inputs[0].Position, "save writes one adapter, and %d flow in", n).Mend("combine them first, or pick one: stage.adapter"))
	}
	if in[0].Space != Factors {
		all = multierror.Append(all, fault.At(s.Inputs[0].Position, "a file holds factors, and a delta flows in").Mend("bring it back with `factor` first").See("spaces"))
	}
	switch to, at := keyTo.Of(s.Params), keyTo.At(s.Params); {
	case startsAtHome(to):
		all = multierror.Append(all, fault.At(at, "%q begins with ~, which is the shell's and means nothing in a recipe", to).Mend(homeRemedy))
	case slices.Contains(weightsEndings, path.Ext(to)):
		folder := strings.TrimSuffix(to, path.Ext(to))
		all = multierror.Append(all, fault.At(at, "%q is called like a file, and a save writes a folder", to).
			Mend(fmt.Sprintf("write `to: %s`, so that the weights are %s", folder, path.Join(folder, s.Format().Names().Weights))))
	}
	if all != nil {
		return s, in[0], all
	}
	for _, check := range []func(Type) error{s.checkFormat, s.checkWhole} {
		if err := check(in[0]); err != nil {
			return s, in[0], err
		}
	}
	filled, err := s.fill(in[0])
	if err != nil {
		return s, filled, err
	}
	out := s.typed(filled)
	if err := s.checkReaders(filled); err != nil {
		return s, out, err
	}
	if s.baseConfig, err = s.readBaseConfig(); err != nil {
		return s, out, err
	}
	return s, out, s.checkHeld(out)
}

// typed is the input in the dtype that is asked for.
func (s *saving) typed(in Type) Type {
	dtype, chosen := dtypes[keyDtype.Of(s.Params)]
	if !chosen {
		return in
	}
	member := in.Members[0]
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
	return in.one(member.Name, modules)
}

// maxLayers bounds fill-layers: no model has as many.
const maxLayers = 10_000

// fill adds pairs of zeros where a layer lacks a kind of module.
func (s *saving) fill(in Type) (Type, error) {
	if !keyFillLayers.In(s.Params) {
		return in, nil
	}
	at, layers := keyFillLayers.At(s.Params), keyFillLayers.Of(s.Params)
	member := in.Members[0]
	stacks := stacksOf(pairsOf(member.Modules))
	switch {
	case layers > maxLayers:
		return in, fault.At(at, "no model has %d layers", layers).Mend("write how many layers the base model has")
	case len(stacks) != 1:
		return in, fault.At(at, "this adapter's modules lie in %d rows of numbered layers, and fill-layers is about one", len(stacks)).Mend("leave it out")
	case stacks[0].last >= int(layers):
		return in, fault.At(at, "this adapter has a layer %d", stacks[0].last).Mend(fmt.Sprintf("write %d or more: layers count from 0", stacks[0].last+1))
	}
	modules := append(slices.Clone(member.Modules), stacks[0].filled(int(layers))...)
	slices.SortFunc(modules, func(x, y *adapter.Module) int { return strings.Compare(x.Name, y.Name) })
	return in.one(member.Name, modules), nil
}

// checkWhole refuses what no configuration describes rightly: a head or a convolution of
// which a part was left out, and heads without one pair.
func (s *saving) checkWhole(in Type) error {
	var all *multierror.Error
	modules := in.Members[0].Modules
	for _, head := range CutHeads(in.Sources, modules) {
		all = multierror.Append(all, fault.At(s.Inputs[0].Position, "PEFT takes %q for one head, of which %q is here and %q was left out", head.Entry, head.Kept, head.Missing).
			Mend(fmt.Sprintf("keep all of it, or leave all of it out with `exclude: %q`", "*"+head.Entry+".*")).See("whole-tensors"))
	}
	if !slices.ContainsFunc(modules, func(m *adapter.Module) bool { return m.Form != adapter.Whole }) {
		all = multierror.Append(all, fault.At(s.Inputs[0].Position, "no pair A, B is left, only whole tensors such as %q", modules[0].Name).
			Mend("keep some pairs too: an adapter without them is not loaded as LoRA").See("whole-tensors"))
	}
	if name, missing := adapter.MissingPart(modules); missing {
		all = multierror.Append(all, fault.At(s.Inputs[0].Position, "%q was left out, and other parts of its layer are here", name).
			Mend("keep all groups of a convolution, and all experts of a stack, or leave all of them out"))
	}
	return multierror.Append(all, s.checkTokens(in)).ErrorOrNil()
}

// CutHeads finds the inputs' heads of which modules holds a part: no save writes these.
func CutHeads(inputs []*adapter.Adapter, modules []*adapter.Module) []peft.CutHead {
	return peft.CutHeads(inputs, modules)
}

// SaveLine is a stage that saves what a stage gives.
func SaveLine(stage string) string { return fmt.Sprintf("out: {save: %s, to: out/%s}", stage, stage) }

// To is the parameter.
func (s *saving) To() (string, fault.Position) { return keyTo.Of(s.Params), keyTo.At(s.Params) }

// Target is the folder to write.
func (s *saving) Target() string { return s.resolve(keyTo.Of(s.Params)) }

// Clamps is the parameter.
func (s *saving) Clamps() bool { return keyClamp.Of(s.Params) }

// Carries is the parameter.
func (s *saving) Carries() []recipe.Pick { return keyCarry.Of(s.Params) }

// Apply passes on what is to be written.
func (s *saving) Apply(_ context.Context, _ Env, in []Value) (Value, error) { return in[0], nil }
