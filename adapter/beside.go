package adapter

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Tokenizer and ChatTemplate are what `carry` calls the files of a tokenizer, and those that
// turn a conversation into text.
const (
	Tokenizer    = "tokenizer"
	ChatTemplate = "chat-template"
)

// CarryGroups are the files that belong together, as transformers saves them; servers take
// them from the adapter's folder.
var CarryGroups = map[string][]string{
	Tokenizer: {"added_tokens.json", "merges.txt", "sentencepiece.bpe.model", "special_tokens_map.json", "spiece.model",
		"tokenizer.json", "tokenizer.model", "tokenizer_config.json", "vocab.json", "vocab.txt"},
	ChatTemplate: {"chat_template.jinja", "chat_template.json"},
}

// trainersOwn are files of weights that only a trainer needs, to resume; the last are mlx_lm's
// checkpoints.
var trainersOwn = []string{"optimizer.*", "scheduler.*", "scaler.*", "rng_state*", "training_args.*", "pytorch_model_fsdp*", "[0-9][0-9][0-9][0-9][0-9][0-9][0-9]_adapters.safetensors"}

// BesideNotes are about where the adapter lies: links that lead elsewhere, and what else is in
// its folder and is not merged. Names say what it is; nothing of it is opened.
func (a *Adapter) BesideNotes() []Note {
	var notes []Note
	for _, link := range a.Links() {
		notes = append(notes, Note{Text: fmt.Sprintf("%s leads through a symbolic link to %s", link.Path, link.To), Page: "symbolic-links", Local: true})
	}
	groups := make(map[string][]string)
	for _, name := range FileNames(a.Folder()) {
		switch group := carryGroup(name); {
		case group != "":
			groups[group] = append(groups[group], name)
		case isWeights(name) && name != filepath.Base(a.Files.Weights):
			notes = append(notes, Note{Text: name + " is next to the adapter; its weights are not merged",
				Remedy: "if the result needs it unchanged, copy it: `carry: [" + name + "]` in the save", Page: "files-beside", Carry: name})
		}
	}
	for _, group := range []string{Tokenizer, ChatTemplate} {
		if files := groups[group]; len(files) > 0 {
			notes = append(notes, Note{Text: "a " + strings.ReplaceAll(group, "-", " ") + " is next to the adapter and is not copied (" + strings.Join(files, ", ") + ")",
				Remedy: "if the result needs it, copy it: `carry: [" + group + "]` in the save", Page: "files-beside", Carry: group})
		}
	}
	return notes
}

func carryGroup(name string) string {
	for group, files := range CarryGroups {
		if slices.Contains(files, name) {
			return group
		}
	}
	return ""
}

// olderCopy is what PEFT wrote before safetensors, and some trainers beside it.
const olderCopy = "adapter_model.bin"

func isWeights(name string) bool {
	if name == olderCopy || !slices.Contains([]string{".safetensors", ".bin", ".pt", ".pth", ".npz", ".gguf"}, path.Ext(name)) {
		return false
	}
	return !slices.ContainsFunc(trainersOwn, func(pattern string) bool { matched, _ := path.Match(pattern, name); return matched })
}
