package adapter

import (
	"crypto/sha256"
	"maps"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/safetensors"
)

// Layout is how a format stores some content: which files, which tensors, and where in them
// the modules' own tensors go.
type Layout struct {
	Names   Files  // of the files
	Config  []byte // the content of Names.Config
	Rank    int    // what every pair is padded to; 0 where each keeps its own
	Packing Packing
	// Library is what loads it, as model cards name it.
	Library string
	// Metadata is what the format itself says in the file of weights; nil for nothing.
	Metadata map[string]string
	Stored   []Place // in the order of the file
	// Rounds says what is rounded that the dtypes alone would not round; empty of most.
	Rounds string
}

// WithMetadata adds the format's own metadata to some.
func (l *Layout) WithMetadata(metadata map[string]string) map[string]string {
	if len(l.Metadata) == 0 {
		return metadata
	}
	all := maps.Clone(l.Metadata)
	maps.Copy(all, metadata)
	return all
}

// Place is a tensor that is stored, and what goes there.
type Place struct {
	safetensors.Spec
	// Module and Index say whose tensor goes there, that of Module.Tensors(). If it is a layer of
	// several parts, their tensors go there one after the other, or if TakeTurns is set, element by
	// element in turns. Without a module it holds Constant.
	Module    *Module
	Index     int
	TakeTurns bool
	Constant  []float32
	// Arrange gives the elements of a part, row by row, in the order in which they are stored, with what
	// is stored beside them, such as rows of zeros. If it is nil, they are stored as they are.
	Arrange func(x []float32) []float32
	// Rows are the rows of one tensor that are modules of their own (Token), by their names.
	Rows map[string]int
}

// Unheld is a Fault about modules that a format can't hold. Without them it holds the others.
type Unheld struct {
	*fault.Fault
	Modules []*Module
}

// Packing is a format of files that hold named tensors.
type Packing interface {
	// Pack lays out a file. It fails on names, shapes and metadata that the file can't have.
	Pack(specs []safetensors.Spec, metadata map[string]string) (Packed, error)
}

// Packed is a file that is laid out.
type Packed interface {
	// Header is what stands before the tensors' bytes.
	Header() []byte
	Tensors() []safetensors.Tensor
	// Create creates the file, which must not exist yet.
	Create(path string) (Sink, error)
}

// Sink is a file that is being filled, from several goroutines and in any order.
type Sink interface {
	WriteAt(name string, p []byte, off int64) error
	// Describe replaces the metadata by one of the same length, for good.
	Describe(metadata map[string]string) error
	// Close completes the file and syncs it.
	Close() error
	// SHA256 is that of the file, once it is described and closed.
	SHA256() [sha256.Size]byte
	// Abort gives up and removes the file.
	Abort() error
}

// Safetensors is the Packing of most formats.
var Safetensors Packing = safetensorsPacking{}

type safetensorsPacking struct{}

func (safetensorsPacking) Pack(specs []safetensors.Spec, metadata map[string]string) (Packed, error) {
	layout, err := safetensors.NewLayout(specs, metadata)
	if err != nil {
		return nil, err
	}
	return safetensorsPacked{layout}, nil
}

type safetensorsPacked struct{ *safetensors.Layout }

func (p safetensorsPacked) Create(path string) (Sink, error) {
	return safetensors.Create(path, p.Layout)
}

// ConfigSHA256 is that of Config.
func (l *Layout) ConfigSHA256() [sha256.Size]byte { return sha256.Sum256(l.Config) }

// OpenSafetensors opens a safetensors file as a Store.
func OpenSafetensors(path string) (Store, error) {
	file, err := safetensors.Open(path)
	if err != nil {
		return nil, err
	}
	return file, nil
}

func (l *Layout) specs() []safetensors.Spec {
	specs := make([]safetensors.Spec, len(l.Stored))
	for i, place := range l.Stored {
		specs[i] = place.Spec
	}
	return specs
}

// slotOf identifies a module's tensor.
type slotOf struct {
	module string
	index  int
}

// places finds where the modules' tensors go.
func (l *Layout) places() map[slotOf]*Place {
	all := make(map[slotOf]*Place, len(l.Stored))
	for i := range l.Stored {
		if place := &l.Stored[i]; place.Module != nil {
			all[slotOf{place.Module.Name, place.Index}] = place
			for row := range place.Rows {
				all[slotOf{row, place.Index}] = place
			}
		}
	}
	return all
}
