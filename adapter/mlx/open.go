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
	"github.com/loramerge/loramerge/internal/safetensors"
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
	a := &adapter.Adapter{Path: path, Format: Format, Files: files, Base: config.baseModel(), Task: Task, Store: store}
	var err error
	if a.Modules, err = pair(store, config); err != nil {
		store.Close()
		return nil, err
	}
	a.Notes = notes(a, config)
	return a, nil
}

// Task is that of all models of mlx_lm, which predict the next token, in PEFT's words.
const Task = "CAUSAL_LM"

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
			found = append(found, adapter.Module{Name: k.module, Form: form(k.module, stored)})
		}
		if half := adapter.Stored(stored); k.half == 'a' {
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
	stacks := make(map[string]adapter.Module)
	for i, m := range found {
		if m.Form == adapter.Expert {
			stacks[m.Name] = m
			found[i].A, found[i].B = expert(m.A, 0), expert(m.B, 0) // who stands for all of them
			continue
		}
		found[i].A, found[i].B = transposed(m.A), transposed(m.B)
	}
	modules, err := adapter.Complete(path, found, func(m *adapter.Module) error { return scale(path, m, config) })
	return takenApart(modules, stacks), err
}

// transposed is the matrix of which a file holds the transpose.
func transposed(t adapter.Tensor) adapter.Tensor {
	rows, columns := t.Shape[1], t.Shape[0]
	return t.Reordered(t.Name, []int{rows, columns}, adapter.Transposed(rows))
}

// expert is the matrix of one of the experts that are stacked in t. Unlike all others these are
// stored as A [r, in] and B [out, r] (LoRASwitchLinear).
func expert(t adapter.Tensor, at int) adapter.Tensor {
	t = t.Rows(adapter.PartName(t.Name, at, t.Shape[0]), at, t.Shape[0])
	t.Shape = t.Shape[1:]
	return t
}

// takenApart has a module for each expert.
func takenApart(modules []adapter.Module, stacks map[string]adapter.Module) []adapter.Module {
	if len(stacks) == 0 {
		return modules
	}
	var out []adapter.Module
	for _, m := range modules {
		stack, ok := stacks[m.Name]
		if !ok {
			out = append(out, m)
			continue
		}
		for at := range stack.A.Shape[0] {
			one := m
			one.Name, one.A, one.B = adapter.PartName(m.Name, at, stack.A.Shape[0]), expert(stack.A, at), expert(stack.B, at)
			out = append(out, one)
		}
	}
	slices.SortFunc(out, func(x, y adapter.Module) int { return strings.Compare(x.Name, y.Name) })
	return out
}

// whole refuses modules whose halves don't fit.
func whole(path string, found []adapter.Module) error {
	var all *multierror.Error
	experts := 0
	for _, m := range found {
		switch {
		case m.A.Name == "" || m.B.Name == "":
			missing := "lora_a"
			if m.B.Name == "" {
				missing = "lora_b"
			}
			all = multierror.Append(all, fault.In(path, "module %q has no %s", m.Name, missing).Mend("the file is incomplete; save it again"))
			continue
		case len(m.A.Shape) != len(m.B.Shape) || m.Form == adapter.Expert && m.A.Shape[0] != m.B.Shape[0]:
			all = multierror.Append(all, fault.In(path, "module %q: lora_a has the shape %d and lora_b %d", m.Name, m.A.Shape, m.B.Shape).Mend(shapeless.remedy))
			continue
		case m.Form == adapter.Expert:
			experts += m.A.Shape[0]
		}
		if a, b := rankOf(m); a != b {
			all = multierror.Append(all, fault.In(path, "module %q: lora_a has rank %d and lora_b rank %d", m.Name, a, b).Mend(shapeless.remedy))
		}
	}
	if experts > adapter.MostExperts {
		all = multierror.Append(all, fault.In(path, "has %d experts, and at most %d can be worked with", experts, adapter.MostExperts).Mend("check that it is an adapter's file"))
	}
	return all.ErrorOrNil()
}

// rankOf is the rank by each half: of lora_a [in, r] and lora_b [r, out], of experts [experts, r, in]
// and [experts, out, r].
func rankOf(m adapter.Module) (a, b int) {
	if m.Form == adapter.Expert {
		return m.A.Shape[1], m.B.Shape[2]
	}
	return m.A.Shape[1], m.B.Shape[0]
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

func form(module string, half safetensors.Tensor) adapter.Form {
	if len(half.Shape) == 3 {
		return adapter.Expert
	}
	if _, last := cut(module); slices.Contains(embeddings, last) {
		return adapter.Embedding
	}
	return adapter.Linear
}
