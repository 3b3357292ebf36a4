package stages

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/adapter/gguf"
	"github.com/loramerge/loramerge/adapter/peft"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/osfile"
	"github.com/loramerge/loramerge/recipe"
)

// Format is that of the readers, or where none is named the inputs' own, if they have one and it
// is written.
func (s *saving) Format() adapter.Format { return formatFor(keyFor.Of(s.Params), s.In[0].Sources) }

// ForServers reports whether a save with these words for `for` writes what was made of inputs as a folder of PEFT, which
// servers load too.
func ForServers(words []string, inputs []*adapter.Adapter) bool {
	return formatFor(words, inputs) == peft.Format
}

func formatFor(words []string, inputs []*adapter.Adapter) adapter.Format {
	if at := slices.IndexFunc(readers, func(r reader) bool { return slices.Contains(words, r.name) }); at >= 0 {
		return readers[at].format
	}
	if len(inputs) == 0 || slices.ContainsFunc(inputs, func(a *adapter.Adapter) bool { return a.Format != inputs[0].Format }) {
		return peft.Format
	}
	return inputs[0].Format
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
	if stacks, of := stacksOfOthers(in, s.Format()); len(stacks) > 0 {
		return fault.At(keyFor.At(s.Params), "%q is one of the experts that %s has in a stack, and models in %s have other modules for them", stacks[0].Name, of.Name(), s.Format().Name()).
			Mend(s.without(in, stacks)).See("formats")
	}
	return nil
}

// stacksOfOthers are the stacked experts that come from adapters of another format. PEFT has a pair for each parameter
// of transformers' models, gate_up_proj and down_proj, and mlx_lm one for each layer of its own, whose
// rows a model's code takes from these in an order of its own (sanitize in mlx_lm/models/gpt_oss.py,
// qwen3_moe.py).
func stacksOfOthers(in Type, format adapter.Format) (stacks []*adapter.Module, of adapter.Format) {
	for _, m := range in.Members[0].Modules {
		if !m.IsStacked() {
			continue
		}
		for _, source := range in.Sources {
			if _, holds := source.Find(m.Name); holds && source.Format != format {
				stacks, of = append(stacks, m), source.Format
				break
			}
		}
	}
	return stacks, of
}

// checkHeld refuses what the format can't hold.
func (s *saving) checkHeld(in Type) error {
	if s.Format() == peft.Format { // which holds whatever was loaded
		return nil
	}
	_, err := s.Layout(in, adapter.Base{Name: s.base(in)})
	return s.placed(in, err)
}

// placed gives what a format can't hold its place in the recipe, and the stage that mends it.
func (s *saving) placed(in Type, err error) error {
	var all *multierror.Error
	var drop []*adapter.Module
	list := fault.List(err)
	for _, e := range list {
		if u, ok := e.(*adapter.Unheld); ok {
			drop = append(drop, u.Modules...)
		}
	}
	for _, e := range list {
		if u, ok := e.(*adapter.Unheld); ok {
			e = u.Mend(s.without(in, drop))
		}
		if m, ok := e.(*fault.Fault); ok {
			m.Position = keyFor.At(s.Params)
		}
		all = multierror.Append(all, e)
	}
	return all.ErrorOrNil()
}

// without is the remedy that leaves modules out.
func (s *saving) without(in Type, drop []*adapter.Module) string {
	return s.remedy(fixes{drop: s.folder(in).globs(drop)})
}

// Layout asks the format.
func (s *saving) Layout(in Type, base adapter.Base) (*adapter.Layout, error) {
	content := adapter.Content{Inputs: in.Sources, Modules: in.Members[0].Modules, Title: cmp.Or(s.Recipe.Name, s.Makes()), Base: base}
	if s.baseConfig != nil {
		content.BaseConfig = s.baseConfig.text
	}
	return s.Format().Layout(content)
}

// roundingWarning warns of a layout that rounds what the dtype need not.
func (s *saving) roundingWarning(in Type) []*fault.Fault {
	if s.Format() == peft.Format {
		return nil
	}
	layout, err := s.Layout(s.typed(in), adapter.Base{Name: s.base(in)})
	if err != nil || layout.Rounds == "" {
		return nil
	}
	return []*fault.Fault{fault.At(keyFor.At(s.Params), "%s", layout.Rounds).Mend("add `dtype: float32`").See("readers")}
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
	if _, of := stacksOfOthers(in, format); of != nil {
		format = of
	} else if len(in.Sources) > 0 && in.Sources[0].Format.Naming() != format.Naming() {
		format = in.Sources[0].Format
	}
	return format.Layout(adapter.Content{Inputs: in.Sources, Modules: in.Members[0].Modules, Base: base})
}

// BaseConfig is the configuration of the base model that a save reads.
type BaseConfig struct {
	Path              string // seen from the current folder
	Reference, Origin string // of one on the Hub: as the recipe names it, and with the commit that was found
	SHA256            string // in hexadecimal
	text              []byte
}

const (
	baseConfigFile = "config.json"
	baseConfigMost = 4 << 20 // what is longer is cut there, and is no JSON
)

// baseConfigNeeds is what the parameter names; of a repository of the Hub that is one file.
func baseConfigNeeds(stage *recipe.Stage) []Need {
	if !keyBaseConfig.In(stage.Params) {
		return nil
	}
	path, file := keyBaseConfig.Of(stage.Params), ""
	if strings.HasPrefix(path, ReferenceScheme) && filepath.Ext(path) != ".json" {
		file = baseConfigFile
	}
	return []Need{{recipe.Source{Path: path, Position: keyBaseConfig.At(stage.Params)}, file}}
}

// readBaseConfig reads what the parameter names: a file, or a folder or a repository of the Hub
// with a config.json.
func (s *saving) readBaseConfig() (*BaseConfig, error) {
	if !keyBaseConfig.In(s.Params) {
		return nil, nil
	}
	at := keyBaseConfig.At(s.Params)
	if s.Format() != gguf.Format {
		return nil, fault.At(at, "base-config is for GGUF files, and `for` names no reader of these").Mend("leave it out, or add `for: llama.cpp`")
	}
	found, err := s.find(baseConfigNeeds(s.Stage)[0])
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(found.Path); err == nil && info.IsDir() {
		found.Path = filepath.Join(found.Path, baseConfigFile)
	}
	text, err := osfile.ReadUpTo(found.Path, baseConfigMost)
	if err != nil {
		return nil, fault.At(at, "the base model's configuration can't be read").Because(err).Mend("name its config.json, or a folder that holds it")
	}
	sum := sha256.Sum256(text)
	return &BaseConfig{found.Path, keyBaseConfig.Of(s.Params), found.Origin, hex.EncodeToString(sum[:]), text}, nil
}

// BaseConfig is what was read; nil if the recipe names none.
func (s *saving) BaseConfig() *BaseConfig { return s.baseConfig }

// Key is the hash of the base model's configuration, on which names and orders depend.
func (s *saving) Key(string) string {
	if s.baseConfig == nil {
		return ""
	}
	return "base-config " + s.baseConfig.SHA256
}
