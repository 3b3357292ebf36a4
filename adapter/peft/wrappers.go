package peft

import (
	"slices"
	"strings"
)

// wrappers are what torch.compile, FSDP, activation checkpointing and Lightning's Fabric put
// into the names of modules that they wrap. They depend on how a model was run, not on which
// it is.
var wrappers = []string{"_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module", "_forward_module"}

// dataParallel is what DataParallel and DistributedDataParallel put before all names.
const dataParallel = "module."

// bare removes from a key what is no part of the module's name: PEFT's prefix, as often as
// it is there, the names of wrappers, and what holds PEFT's model as one of its own parts, such
// as the "model." of a LightningModule or the "pretrained_model." of TRL's value heads. PEFT's
// own keys begin with its prefix, so that nothing of the base model comes before it.
func bare(key string) (name string, prefixes int, wrapped bool) {
	name = withoutWrappers(key)
	for {
		switch {
		case strings.HasPrefix(name, prefix):
			name, prefixes = name[len(prefix):], prefixes+1
		case prefixes == 0 && strings.Contains(name, "."+prefix):
			_, name, _ = strings.Cut(name, "."+prefix)
			prefixes, wrapped = 1, true
		case strings.HasPrefix(name, dataParallel):
			name = name[len(dataParallel):]
			wrapped = true
		default:
			return name, prefixes, wrapped || len(name)+prefixes*len(prefix) != len(key)
		}
	}
}

// withoutWrappers removes the wrappers' names from a dotted name.
func withoutWrappers(name string) string {
	if !slices.ContainsFunc(wrappers, func(w string) bool { return strings.Contains(name, w) }) {
		return name
	}
	parts := strings.Split(name, ".")
	parts = slices.DeleteFunc(parts, func(part string) bool { return slices.Contains(wrappers, part) })
	return strings.Join(parts, ".")
}

// unwrapAll removes the wrappers' names from names of a configuration.
func unwrapAll(names []string) {
	for i, name := range names {
		names[i] = unwrapped(name)
	}
}

// unwrapped is a name of a configuration, which has no prefix of PEFT's, as modules have it.
func unwrapped(name string) string {
	return strings.TrimPrefix(withoutWrappers(name), dataParallel)
}

// inExpressions removes the wrappers' names from a regular expression, where their dots
// may be escaped.
var inExpressions = func() *strings.Replacer {
	var pairs []string
	for _, w := range wrappers {
		pairs = append(pairs, `\.`+w, "", "."+w, "", w+`\.`, "", w+".", "")
	}
	return strings.NewReplacer(pairs...)
}()

// prefix is what PEFT puts before every key: PeftModel.base_model (a LoraModel)
// and its .model. Some exporters repeat it or leave it out.
const prefix = "base_model.model."
