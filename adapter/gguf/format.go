// Package gguf writes adapters as llama.cpp and Ollama load them, and opens them to be looked at.
//
// The names are those of llama.cpp, and its order of rows: of a base model that it calls llama
// (Llama, Mistral, Mixtral) the rows of q and k alternate between the two halves of a head. Both follow from the
// base model's config.json. There is one alpha for all pairs, and llama.cpp divides it by each
// pair's own rank; see scalingOf for what that leads to.
//
// Sources: llama.cpp's convert_lora_to_gguf.py, gguf-py/gguf/{constants,tensor_mapping}.py,
// conversion/{base,llama,qwen,gemma,phi}.py, and the loader, src/llama-adapter.{h,cpp}.
package gguf

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/osfile"
)

// Format is that of llama.cpp's adapters.
var Format adapter.Format = format{}

type format struct{}

// weightsFile is what a run calls it.
const weightsFile = "adapter.gguf"

func (format) Name() string { return "GGUF" }

func (format) Naming() string { return adapter.ModelNaming }

func (format) Names() adapter.Files { return adapter.Files{Weights: weightsFile} }

// Find recognizes a file by its name or its first letters, and a folder that a run wrote.
func (format) Find(path string) (adapter.Files, bool) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return adapter.Files{Weights: path}, false
	case info.IsDir():
		inside := filepath.Join(path, weightsFile)
		_, err := os.Lstat(inside)
		return adapter.Files{Weights: inside}, err == nil
	}
	beginning, err := osfile.ReadUpTo(path, 4)
	return adapter.Files{Weights: path}, strings.HasSuffix(path, ".gguf") || err == nil && string(beginning) == "GGUF"
}

func (format) OpenStore(path string) (adapter.Store, error) {
	s, err := openStore(path)
	if err != nil {
		return nil, err
	}
	return s, nil
}
