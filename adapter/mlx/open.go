package mlx

import (
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/printable"
)

func (f format) Open(path string, _ adapter.Options) (*adapter.Adapter, error) {
	files, _ := f.Find(path)
	if strings.HasSuffix(files.Weights, ".npz") {
		return nil, fault.In(files.Weights, "is an adapter of an early release of mlx_lm, which did not store the scale").
			Mend("`loramerge errors mlx` shows how to convert it").See("mlx")
	}
	config, configErr := readConfig(files.Config)
	store, fileErr := openWeights(files.Weights)
	if configErr != nil || fileErr != nil {
		if store != nil {
			store.Close()
		}
		return nil, multierror.Append(nil, configErr, fileErr).ErrorOrNil()
	}
	a := &adapter.Adapter{Path: path, Format: Format, Files: files, Base: config.baseModel(), Task: causal, Store: store}
	var err error
	if a.Modules, err = pair(store, config); err != nil {
		store.Close()
		return nil, err
	}
	a.Notes = notes(a, config)
	return a, nil
}

// causal is the task in PEFT's words: mlx_lm trains models that write text on.
const causal = "CAUSAL_LM"

func openWeights(path string) (adapter.Store, error) {
	if !adapter.Exists(path) {
		folder := filepath.Dir(path)
		if names := checkpoints(folder); len(names) > 0 {
			return nil, fault.In(path, "does not exist; %s of the training %s there", printable.Count(len(names), "checkpoint"), printable.Choose(len(names), "is", "are")).
				Mend("name the checkpoint's file to load it: " + filepath.Join(folder, names[len(names)-1]))
		}
		return nil, fault.In(path, "does not exist").Mend("an adapter of MLX is a folder that holds " + configFile + " and " + weightsFile)
	}
	store, err := adapter.OpenSafetensors(path)
	if err != nil {
		return nil, adapter.Readable(path, err)
	}
	return store, nil
}

// checkpoints are the names of those in a folder, the newest last.
func checkpoints(folder string) []string {
	return slices.DeleteFunc(adapter.FileNames(folder), func(name string) bool { return !checkpoint.MatchString(name) })
}

// key is a parsed tensor's name.
type key struct {
	module string
	half   byte   // 'a' or 'b'; 0 of anything else
	part   string // of a layer of several outputs: which
}

// parseKey reads MODULE.lora_a, MODULE.lora_b and, of the layers in which models of Apple fuse
// several outputs (models/afm7.py), MODULE.lora_a.0, MODULE.lora_a.1, …
func parseKey(name string) key {
	k := key{}
	module, last := cut(name)
	if last != "" && strings.Trim(last, "0123456789") == "" {
		k.part = last
		module, last = cut(module)
	}
	if module == "" || last != "lora_a" && last != "lora_b" {
		return key{}
	}
	k.module, k.half = module, last[len(last)-1]
	return k
}

// cut splits at the last dot.
func cut(name string) (before, after string) {
	at := strings.LastIndexByte(name, '.')
	if at < 0 {
		return "", name
	}
	return name[:at], name[at+1:]
}

// pair groups the stored tensors into modules and checks every one of them.
func pair(store adapter.Store, config *config) ([]adapter.Module, error) {
	path := store.Path()
	if len(store.Tensors()) == 0 {
		return nil, fault.In(path, "holds no tensors").Mend("save it again from the model that was trained: this may have been one without adapters")
	}
	var found []adapter.Module
	places := make(map[string]int, len(store.Tensors())/2)
	left := make(map[refusal][]string)
	for _, stored := range store.Tensors() {
		k := parseKey(stored.Name)
		if why, refused := refuse(k, stored); refused {
			left[why] = append(left[why], stored.Name)
			continue
		}
		at, known := places[k.module]
		if !known {
			at = len(found)
			places[k.module] = at
			found = append(found, adapter.Module{Name: k.module, Form: form(k.module)})
		}
		rows, columns := stored.Shape[1], stored.Shape[0]
		half := adapter.Stored(stored).Reordered(stored.Name, []int{rows, columns}, adapter.Transposed(rows))
		if k.half == 'a' {
			found[at].A = half
		} else {
			found[at].B = half
		}
	}
	if len(left) > 0 {
		return nil, refusals(path, left)
	}
	if err := whole(path, found); err != nil {
		return nil, err
	}
	return adapter.Complete(path, found, func(m *adapter.Module) error { return scale(path, m, config) })
}

// whole refuses modules whose halves don't fit.
func whole(path string, found []adapter.Module) error {
	var all *multierror.Error
	for _, m := range found {
		switch {
		case m.A.Name == "" || m.B.Name == "":
			missing := "lora_a"
			if m.B.Name == "" {
				missing = "lora_b"
			}
			all = multierror.Append(all, fault.In(path, "module %q has no %s", m.Name, missing).Mend("the file is incomplete; save it again"))
		case m.A.Shape[0] != m.B.Shape[1]:
			all = multierror.Append(all, fault.In(path, "module %q: lora_a has rank %d and lora_b rank %d", m.Name, m.A.Shape[0], m.B.Shape[1]).Mend("lora_a must be [in, r] and lora_b [r, out]"))
		}
	}
	return all.ErrorOrNil()
}

// scale sets a module's scale, and the α that stands for it where others divide by the rank.
func scale(path string, m *adapter.Module, config *config) error {
	m.Scale = config.factor()
	m.Alpha = m.Scale * float64(m.Rank)
	if math.IsNaN(m.Scale) || math.IsInf(m.Scale, 0) || math.Abs(m.Scale) > math.MaxFloat32 {
		return fault.In(path, "module %q has the scale %v", m.Name, m.Scale).Mend("correct lora_parameters in " + configFile)
	}
	return nil
}

// embeddings are the names of the embedding layers of mlx_lm's models. Nothing in the file
// distinguishes their pairs from those of linear layers: ΔW [rows, dim] of an embedding is
// scale·a·b, so that A = aᵀ and B = bᵀ there too.
var embeddings = []string{"embed_tokens", "embed_tokens_per_layer", "embed_in", "embeddings", "embedding", "tok_embeddings", "token_embeddings", "word_embeddings", "wte", "wpe", "shared"}

func form(module string) adapter.Form {
	if _, last := cut(module); slices.Contains(embeddings, last) {
		return adapter.Embedding
	}
	return adapter.Linear
}
