package stages

import (
	"slices"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/internal/fault"
)

// equalShares are those of the verbs of the core space that weigh all adapters alike: heads
// are averaged by their plain mean.
func equalShares(adapters []string) []float64 {
	return slices.Repeat([]float64{1 / float64(len(adapters))}, len(adapters))
}

// bindInCore checks what these verbs need, and gives what flows out of them.
func (s Spec) bindInCore() (Type, error) {
	aligned, err := s.alignWith(s.In[0], tolerance{combines: true})
	all := multierror.Append(nil, s.checkCore(s.In[0]), err)
	if all.ErrorOrNil() != nil {
		return aligned.one(s.Makes(), nil), all
	}
	return aligned.one(s.Makes(), merged(aligned)), nil
}

// checkCore refuses what is not in the core space.
func (s Spec) checkCore(in Type) error {
	if in.Space == Core {
		return nil
	}
	return fault.At(s.Inputs[0].Position, "%s works in the core space, and its input is in the space %s", s.Verb.Name, in.Space).
		Mend("take all the adapters there with `core` before, and back with `factor` after").See("spaces")
}

func matrices(in Value) []Matrix {
	out := make([]Matrix, len(in))
	for i := range in {
		out[i] = in[i].W
	}
	return out
}
