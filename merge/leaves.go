package merge

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"

	"github.com/loramerge/loramerge/adapter"
)

// leaves names the tensors that are read: by their bytes, dtype, shape and scale.
type leaves struct {
	known sync.Map // of leafKey to Name
}

type leafKey struct {
	from   *adapter.Adapter
	module string
}

// name hashes a module's stored tensors, once in a run.
func (l *leaves) name(ctx context.Context, from *adapter.Adapter, module string) (Name, error) {
	key := leafKey{from, module}
	if known, ok := l.known.Load(key); ok {
		return known.(Name), nil
	}
	m, ok := from.Find(module)
	if !ok {
		panic("merge: no module " + module + " in " + from.Path)
	}
	d := describe("leaf").text(m.Form.String(), fmt.Sprint(m.Scale))
	for _, tensor := range m.Tensors() {
		sum := sha256.New()
		if err := from.ReadBlocks(ctx, tensor, func(block []byte) { sum.Write(block) }); err != nil {
			return Name{}, err
		}
		d.text(tensor.DType.String(), fmt.Sprint(tensor.Shape)).names(Name(sum.Sum(nil)))
	}
	name := d.name()
	l.known.Store(key, name)
	return name, nil
}
