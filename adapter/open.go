package adapter

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/safetensors"
)

// Open is OpenWith without options.
func Open(path string) (*Adapter, error) { return OpenWith(path, Options{}) }

// OpenWith reads the configuration and the tensors' header of the folder at path. Its
// errors, several where there are several, are Faults that name file and tensor.
func OpenWith(path string, options Options) (*Adapter, error) {
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
	a := &Adapter{Path: path, Files: PEFTFiles(path), Config: config, Store: file}
	if err := a.pair(); err != nil {
		file.Close()
		return nil, err
	}
	a.Notes = a.notes()
	return a, nil
}

func openWeights(path string) (*safetensors.File, error) {
	weights := filepath.Join(path, WeightsFile)
	if _, err := os.Stat(weights); errors.Is(err, os.ErrNotExist) {
		if pickle := filepath.Join(path, picklesFile); exists(pickle) {
			return nil, fault.In(pickle, "is a pickle, which would be executed when read").Mend("load it once in PEFT and save it with safe_serialization=True").See("pickles")
		}
		return nil, fault.In(weights, "does not exist").Mend(twoFiles)
	}
	file, err := safetensors.Open(weights)
	return file, readable(weights, err)
}

// pair groups the stored tensors into modules and checks every one of them.
func (a *Adapter) pair() error {
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
	if err := a.Config.checkEffort(filepath.Join(a.Path, ConfigFile), len(keys)/2); err != nil {
		return err
	}
	var all *multierror.Error
	found := &pairing{places: make(map[string]int, len(keys)/2), modules: make([]Module, 0, len(keys)/2)}
	for i, tensor := range a.Store.Tensors() {
		k := keys[i]
		if forTrainingOnly(k) {
			a.dropped = append(a.dropped, tensor.Name)
			continue
		}
		if k.slot == slotW {
			if what, remedy, refused := refuseKey(tensor.Name); refused {
				all = multierror.Append(all, notPlain(a.Store.Path(), "tensor %q is %s", tensor.Name, what).Mend(remedy))
				continue
			}
		}
		if err := a.place(found, k, Stored(tensor)); err != nil {
			all = multierror.Append(all, err)
		}
	}
	all = multierror.Append(all, a.finish(found.modules))
	if all.Len() == 0 && !a.any(func(m *Module) bool { return m.Form != Whole }) {
		return a.noPair()
	}
	return all.ErrorOrNil()
}

// noPair is the Fault of a file that changes nothing of what LoRA changes. Up to
// release 0.17, PEFT cut ".NAME" out of every key, so that of an adapter called "lora" or
// the like the keys lost half of lora_A and lora_B.
func (a *Adapter) noPair() error {
	first := a.Store.Tensors()[0].Name
	remedy := "save it again from the model that was trained, with lora_A and lora_B"
	if slices.ContainsFunc(a.Store.Tensors(), func(t safetensors.Tensor) bool { return cutHalf.MatchString(t.Name) }) {
		remedy = "PEFT up to 0.17 damages the keys of an adapter that is called \"lora\"; save it again under another name"
	}
	return fault.In(a.Store.Path(), "has no pair lora_A, lora_B, only whole tensors, such as %q", first).Mend(remedy)
}

// oneAdapter refuses a file whose pairs carry the names of several adapters.
func (a *Adapter) oneAdapter(keys []key) error {
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
	modules []Module
}

// module gives the module that a key belongs to, a new one if it is the first.
func (p *pairing) module(k key) *Module {
	at, known := p.places[k.module]
	if !known {
		at = len(p.modules)
		p.places[k.module] = at
		p.modules = append(p.modules, Module{Name: k.module, Form: k.form()})
	}
	return &p.modules[at]
}

// form is what the key alone shows: a convolution is known by its shapes.
func (k key) form() Form {
	switch {
	case k.slot == slotW:
		return Whole
	case k.embedding:
		return Embedding
	default:
		return Linear
	}
}

// place puts one tensor into its module; the same place twice is a mistake.
func (a *Adapter) place(found *pairing, k key, tensor Tensor) error {
	module := found.module(k)
	target := [...]*Tensor{slotA: &module.A, slotB: &module.B, slotW: &module.W}[k.slot]
	if target.Name != "" || module.Form != k.form() {
		return fault.In(a.Store.Path(), "tensor %q has the same place as another one", tensor.Name).Mend("the file has two tensors for one place; save it again with PEFT")
	}
	*target = tensor
	return nil
}

func (a *Adapter) finish(found []Module) error {
	var all *multierror.Error
	a.Modules = make([]Module, 0, len(found))
	for _, module := range found {
		if err := a.check(&module); err != nil {
			all = multierror.Append(all, err)
			continue
		}
		if module.Form == Whole {
			a.Modules = append(a.Modules, module)
			continue
		}
		a.Modules = append(a.Modules, module.split()...)
	}
	slices.SortFunc(a.Modules, func(x, y Module) int { return strings.Compare(x.Name, y.Name) })
	if all != nil {
		slices.SortFunc(all.Errors, func(x, y error) int { return strings.Compare(x.Error(), y.Error()) })
	}
	return all.ErrorOrNil()
}

// checkEffort refuses a configuration either pattern of which would take long.
func (c *Config) checkEffort(path string, modules int) error {
	if err := c.RankPattern.checkEffort(path, "rank_pattern", modules); err != nil {
		return err
	}
	return c.AlphaPattern.checkEffort(path, "alpha_pattern", modules)
}
