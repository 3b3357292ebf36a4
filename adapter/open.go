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

// DType is the element type of a stored tensor.
type DType = safetensors.DType

// Tensor is where one stored tensor lies.
type Tensor = safetensors.Tensor

// Module is one layer's share of an adapter, as the headers describe it.
type Module struct {
	Name        string
	Form        Form
	A, B        Tensor  // of a pair
	W           Tensor  // of a whole tensor
	Rank        int     // of a pair: A's first dimension; the groups of a convolution share its rank
	RankPending bool    // Rank is the most that it may come to be: a run has yet to choose it
	Alpha       float64 // of a pair
	Scale       float64 // of a pair: α/r, or α/√r with use_rslora
}

// Tensors gives the module's stored tensors: A and B, or W alone.
func (m *Module) Tensors() []Tensor {
	if m.Form == Whole {
		return []Tensor{m.W}
	}
	return []Tensor{m.A, m.B}
}

// IsCopy reports whether a whole tensor is the base model's own: PEFT saves that of an
// embedding whose pair it trained (save_embedding_layers), to restore a vocabulary that
// was extended.
func (m *Module) IsCopy() bool {
	return m.Form == Whole && strings.HasSuffix(m.Name, ".base_layer.weight")
}

// StoredBytes is what the module takes on disk. It follows the shapes and dtypes, which a
// stage may have changed, and not the places in a file.
func (m *Module) StoredBytes() int64 {
	if m.Form == Whole {
		return storedBytes(&m.W)
	}
	return storedBytes(&m.A) + storedBytes(&m.B)
}

func storedBytes(t *Tensor) int64 { return int64(t.Elements()) * int64(t.DType.Bits()) / 8 }

// Adapter is a PEFT folder whose headers have been read and checked. Weights are
// read on demand.
type Adapter struct {
	Path    string
	Config  *Config
	Modules []Module // by name
	Notes   []Note   // what is worth a reader's attention; none of it hinders a merge
	dropped []string // stored tensors that matter to training alone
	file    *safetensors.File
	wrapped string // the first key that held the names of wrappers
}

// Options are what whoever loads an adapter vouches for.
type Options struct {
	// AllowUnknown are fields of the configuration that may be set though this version
	// does not know what they mean.
	AllowUnknown []string
}

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
	a := &Adapter{Path: path, Config: config, file: file}
	if err := a.pair(); err != nil {
		file.Close()
		return nil, err
	}
	a.Notes = a.notes()
	return a, nil
}

// Close releases the weights' file.
func (a *Adapter) Close() error { return a.file.Close() }

// Metadata is what the weights' file says of itself.
func (a *Adapter) Metadata() map[string]string { return a.file.Metadata() }

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

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// readable gives what the system says of a file the form of a Fault. What is wrong with its
// content has it already.
func readable(path string, err error) error {
	if _, ok := err.(*fault.Fault); ok || err == nil {
		return err
	}
	return fault.In(path, "cannot be read").Because(err).Mend("check its permissions, and those of the folders above it")
}

// pair groups the stored tensors into modules and checks every one of them.
func (a *Adapter) pair() error {
	if len(a.file.Tensors()) == 0 {
		return fault.In(a.file.Path(), "holds no tensors").Mend("save it again from the model that was trained: this may have been one without adapters")
	}
	keys := make([]key, len(a.file.Tensors()))
	for i, tensor := range a.file.Tensors() {
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
	for i, tensor := range a.file.Tensors() {
		k := keys[i]
		if forTrainingOnly(k) {
			a.dropped = append(a.dropped, tensor.Name)
			continue
		}
		if k.slot == slotW {
			if what, remedy, refused := refuseKey(tensor.Name); refused {
				all = multierror.Append(all, notPlain(a.file.Path(), "tensor %q is %s", tensor.Name, what).Mend(remedy))
				continue
			}
		}
		if err := a.place(found, k, tensor); err != nil {
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
	first := a.file.Tensors()[0].Name
	remedy := "save it again from the model that was trained, with lora_A and lora_B"
	if slices.ContainsFunc(a.file.Tensors(), func(t Tensor) bool { return cutHalf.MatchString(t.Name) }) {
		remedy = "PEFT up to 0.17 damages the keys of an adapter that is called \"lora\"; save it again under another name"
	}
	return fault.In(a.file.Path(), "has no pair lora_A, lora_B, only whole tensors, such as %q", first).Mend(remedy)
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
		return fault.In(a.file.Path(), "holds %d adapters, such as %q and %q", len(names), names[0], names[1]).Mend("save each adapter into a folder of its own")
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

// form is what the key alone tells of it: a convolution shows in its shapes.
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
		return fault.In(a.file.Path(), "tensor %q has the same place as another one", tensor.Name).Mend("the file has two tensors for one place; save it again with PEFT")
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

// Find gives the module of that name.
func (a *Adapter) Find(name string) (*Module, bool) {
	i, ok := slices.BinarySearchFunc(a.Modules, name, func(m Module, name string) int { return strings.Compare(m.Name, name) })
	if !ok {
		return nil, false
	}
	return &a.Modules[i], true
}
