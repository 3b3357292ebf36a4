package stages

import (
	"slices"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/recipe"
)

// alike is what the verbs of the core space have in common that weigh all adapters alike:
// their inputs, and the plain mean by which heads are averaged.
type alike struct{ Spec }

// Shares are equal.
func (a alike) Shares(_ recipe.Site, adapters []string) []float64 {
	return slices.Repeat([]float64{1 / float64(len(adapters))}, len(adapters))
}

func (a alike) check(in Type) (Type, error) {
	aligned, err := a.alignBut(in, freedom{combines: true})
	all := multierror.Append(nil, a.checkCore(in), err)
	if all.ErrorOrNil() != nil {
		return aligned.one(a.Makes(), nil), all
	}
	return aligned.one(a.Makes(), merged(aligned)), nil
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
