package mlx

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/jsonobject"
)

// Format is MLX's.
var Format adapter.Format = format{}

type format struct{}

const (
	weightsFile = "adapters.safetensors"
	configFile  = "adapter_config.json"
	// archive is what mlx_lm wrote until April 2024, with no configuration beside it.
	archive = "adapters.npz"
)

// checkpoint is what the trainer keeps of earlier steps (mlx_lm/tuner/trainer.py).
var checkpoint = regexp.MustCompile(`^\d{7}_adapters\.safetensors$`)

func (format) Name() string { return "MLX" }

func (format) Naming() string { return adapter.ModelNaming }

func (format) Names() adapter.Files { return adapter.Files{Weights: weightsFile, Config: configFile} }

func (format) OpenStore(path string) (adapter.Store, error) { return adapter.OpenSafetensors(path) }

// Find goes by the names of the weights, which may be a checkpoint's, and by what the
// configuration says where they are missing.
func (format) Find(path string) (adapter.Files, bool) {
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		return filesOf(path), strings.HasSuffix(path, ".npz") || holdsFactors(path)
	}
	files := filesOf(filepath.Join(path, weightsFile))
	switch {
	case adapter.Exists(files.Weights):
		return files, true
	case adapter.Exists(filepath.Join(path, archive)):
		return filesOf(filepath.Join(path, archive)), true
	}
	config, err := jsonobject.Read(files.Config)
	return files, err == nil && isOurs(config)
}

// filesOf are the two files of an adapter whose weights are at path.
func filesOf(weights string) adapter.Files {
	return adapter.Files{Weights: weights, Config: filepath.Join(filepath.Dir(weights), configFile)}
}

// holdsFactors reports whether a file holds tensors of our names.
func holdsFactors(path string) bool {
	file, err := adapter.OpenSafetensors(path)
	if err != nil {
		return false
	}
	defer file.Close()
	for _, tensor := range file.Tensors() {
		if k := parseKey(tensor.Name); k.half == 'a' || k.half == 'b' {
			return true
		}
	}
	return false
}

// isOurs: PEFT's configuration always has a peft_type, and no lora_parameters.
func isOurs(config *jsonobject.Object) bool {
	_, ofPEFT := config.Fields["peft_type"]
	_, ours := config.Fields["lora_parameters"]
	return ours && !ofPEFT
}
