package adapter

import (
	"os"

	"github.com/loramerge/loramerge/internal/safetensors"
)

// Format is one way of storing an adapter on disk. A new one is a folder below this package
// and a row in the table of package formats.
type Format interface {
	// Name is what people call it, such as "PEFT" or "MLX".
	Name() string
	// Naming is the same word for formats that call the modules of a model by the same names:
	// their adapters can be merged with each other, and one be saved as the other.
	Naming() string
	// Find gives the files of the adapter at path, a folder or a file, if it is one of this
	// format. It goes by names alone: of files, of fields, of tensors. Whether the adapter can
	// be read is for Open to say.
	Find(path string) (Files, bool)
	// Open reads the headers of the adapter at path and checks them. Its errors, several
	// where there are several, are Faults that name file and tensor.
	Open(path string, options Options) (*Adapter, error)
	// OpenStore opens a file of weights alone, whatever it holds.
	OpenStore(path string) (Store, error)
	// Names are those of the files that it writes, in a folder of their own.
	Names() Files
	// Layout says how it stores some content. Its errors are Faults, without a position, about
	// what the format can't hold.
	Layout(content Content) (*Layout, error)
}

// ModelNaming is the Naming of formats whose modules are called as in the model of the library
// transformers: model.layers.0.self_attn.q_proj.
const ModelNaming = "model"

// Files are what an adapter consists of on disk.
type Files struct {
	Weights string
	Config  string // empty where the weights' file holds everything
}

// Content is what is to be stored.
type Content struct {
	Inputs  []*Adapter // what it was made of
	Modules []*Module  // by name; of their tensors, shapes and dtypes count
	Title   string     // what it is called
	Base    Base
	// BaseConfig is the config.json of the base model, for formats that need to know more of
	// it than its name; nil if the recipe names none.
	BaseConfig []byte
}

// Store is an open file of named tensors.
type Store interface {
	Path() string
	Size() int64
	// HeaderSize is where the tensors' bytes begin.
	HeaderSize() int64
	// Header is what stands before them.
	Header() ([]byte, error)
	Tensors() []safetensors.Tensor
	Lookup(name string) (safetensors.Tensor, bool)
	Metadata() map[string]string
	ReadAt(t safetensors.Tensor, p []byte, off int64) error
	Stat() (os.FileInfo, error)
	Close() error
}

// CardFile and RecipeFile are written in addition to the two files of PEFT.
const (
	CardFile   = "README.md"
	RecipeFile = "recipe.yaml"
)

// MadeBy is the key of the weights' metadata by which a folder of ours is known. Its
// value is the recipe.
const MadeBy = "loramerge.recipe"

// MadeCarrying is the key of the files that a save copied from its inputs' folders: a
// JSON list of objects with their names.
const MadeCarrying = "loramerge.carried"
