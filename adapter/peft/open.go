package peft

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/safetensors"
)

// open reads the configuration and the tensors' header of the folder at path. Its errors,
// several where there are several, are Faults that name file and tensor.
func open(path string, options adapter.Options) (*adapter.Adapter, error) {
	if err := checkFolder(path); err != nil {
		return nil, err
	}
	config, configErr := readConfig(filepath.Join(path, ConfigFile))
	if configErr == nil {
		configErr = config.refusals(filepath.Join(path, ConfigFile), options)
	}
	file, fileErr := openWeights(path)
	if configErr != nil || fileErr != nil {
		if file != nil {
			file.Close()
		}
		return nil, multierror.Append(nil, configErr, fileErr).ErrorOrNil()
	}
	files, _ := Format.Find(path)
	a := &adapter.Adapter{Path: path, Format: Format, Files: files, Base: config.BaseModel(), RSLoRA: config.UseRSLoRA, Own: config, Store: file}
	if config.TaskType != nil {
		a.Task = *config.TaskType
	}
	r := &reader{Adapter: a, config: config}
	if err := r.pair(options.Experts); err != nil {
		file.Close()
		return nil, err
	}
	a.Notes = append(a.Notes, r.notes()...)
	return a, nil
}

// reader is an adapter that is being read.
type reader struct {
	*adapter.Adapter
	config  *Config
	dropped []string // stored tensors that matter to training alone
	wrapped string   // the first key that held the names of wrappers
}

func openWeights(path string) (*safetensors.File, error) {
	weights := filepath.Join(path, WeightsFile)
	if _, err := os.Stat(weights); errors.Is(err, os.ErrNotExist) {
		if pickle := filepath.Join(path, picklesFile); adapter.Exists(pickle) {
			return nil, fault.In(pickle, "is a pickle, which would be executed when read").Mend("`loramerge errors pickles` has the lines of Python that convert it and run none of it").See("pickles")
		}
		return nil, fault.In(weights, "does not exist").Mend(twoFiles)
	}
	file, err := safetensors.Open(weights)
	return file, adapter.Readable(weights, err)
}

// pair groups the stored tensors into modules and checks every one of them.
func (a *reader) pair(declared adapter.ExpertLayout) error {
	if len(a.Store.Tensors()) == 0 {
		return fault.In(a.Store.Path(), "holds no tensors").Mend("save it again from the model that was trained: this may have been one without adapters")
	}
	keys := make([]key, len(a.Store.Tensors()))
	for i, tensor := range a.Store.Tensors() {
		keys[i] = parseKey(tensor.Name)
		if keys[i].wrapped && a.wrapped == "" {
			a.wrapped = tensor.Name
		}
	}
	if err := a.oneAdapter(keys); err != nil {
		return err
	}
	if err := a.config.checkEffort(filepath.Join(a.Path, ConfigFile), len(keys)/2); err != nil {
		return err
	}
	var all *multierror.Error
	var tokens []tokenTensor
	found := &pairing{places: make(map[string]int, len(keys)/2), modules: make([]adapter.Module, 0, len(keys)/2)}
	for i, tensor := range a.Store.Tensors() {
		k := keys[i]
		if forTrainingOnly(k) {
			a.dropped = append(a.dropped, tensor.Name)
			continue
		}
		if k.slot == slotW && isTokens(k.module) {
			tokens = append(tokens, tokenTensor{strings.TrimSuffix(k.module, tokensSuffix), adapter.Stored(tensor)})
			continue
		}
		if k.slot == slotW {
			if what, remedy, refused := refuseKey(tensor.Name); refused {
				all = multierror.Append(all, notPlain(a.Store.Path(), "tensor %q is %s", tensor.Name, what).Mend(remedy))
				continue
			}
		}
		if err := a.place(found, k, adapter.Stored(tensor)); err != nil {
			all = multierror.Append(all, err)
		}
	}
	modules, pairs, err := a.parameters(found.modules)
	all = multierror.Append(all, err)
	a.Modules, err = adapter.Complete(a.Store.Path(), modules, func(m *adapter.Module) error { return a.config.scale(a.Path, m) })
	all = multierror.Append(all, err, a.experts(pairs, declared), a.tokenRows(tokens))
	if all.Len() == 0 && !a.any(func(m *adapter.Module) bool { return m.Form != adapter.Whole }) {
		return a.noPair()
	}
	return all.ErrorOrNil()
}

// noPair is the Fault of a file that changes nothing of what LoRA changes. Up to
// release 0.17, PEFT cut ".NAME" out of every key, so that of an adapter called "lora" or
// the like the keys lost half of lora_A and lora_B.
func (a *reader) noPair() error {
	first := a.Store.Tensors()[0].Name
	remedy := "save it again from the model that was trained, with lora_A and lora_B"
	if slices.ContainsFunc(a.Store.Tensors(), func(t safetensors.Tensor) bool { return cutHalf.MatchString(t.Name) }) {
		remedy = "PEFT up to 0.17 damages the keys of an adapter that is called \"lora\"; save it again under another name"
	}
	return fault.In(a.Store.Path(), "has no pair lora_A, lora_B, only whole tensors, such as %q", first).Mend(remedy)
}

// oneAdapter refuses a file whose pairs carry the names of several adapters.
func (a *reader) oneAdapter(keys []key) error {
	infixes := make(map[string]bool)
	for _, k := range keys {
		if k.infix != "" {
			infixes[k.infix] = true
		}
	}
	if names := slices.Sorted(maps.Keys(infixes)); len(names) > 1 {
		return fault.In(a.Store.Path(), "holds %d adapters, such as %q and %q", len(names), names[0], names[1]).Mend("save each adapter into a folder of its own")
	}
	return nil
}

// pairing is the modules found so far, and their places by name.
type pairing struct {
	places  map[string]int
	modules []adapter.Module
}

// module gives the module that a key belongs to, a new one if it is the first.
func (p *pairing) module(k key) *adapter.Module {
	at, known := p.places[k.module]
	if !known {
		at = len(p.modules)
		p.places[k.module] = at
		p.modules = append(p.modules, adapter.Module{Name: k.module, Form: k.form()})
	}
	return &p.modules[at]
}

// form is what the key alone shows: a convolution is known by its shapes.
func (k key) form() adapter.Form {
	switch {
	case k.slot == slotW:
		return adapter.Whole
	case k.embedding:
		return adapter.Embedding
	default:
		return adapter.Linear
	}
}

// place puts one tensor into its module; the same place twice is a mistake.
func (a *reader) place(found *pairing, k key, tensor adapter.Tensor) error {
	module := found.module(k)
	target := [...]*adapter.Tensor{slotA: &module.A, slotB: &module.B, slotW: &module.W}[k.slot]
	if target.Name != "" || module.Form != k.form() {
		return fault.In(a.Store.Path(), "tensor %q has the same place as another one", tensor.Name).Mend("the file has two tensors for one place; save it again with PEFT")
	}
	*target = tensor
	return nil
}

// checkEffort refuses a configuration either pattern of which would take long.
func (c *Config) checkEffort(path string, modules int) error {
	if err := c.RankPattern.checkEffort(path, "rank_pattern", modules); err != nil {
		return err
	}
	return c.AlphaPattern.checkEffort(path, "alpha_pattern", modules)
}
