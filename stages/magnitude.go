package stages

import (
	"fmt"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/kernels"
)

// BeyondError is a result with numbers that are not finite, or so large that the
// next stage's might not be.
type BeyondError struct {
	Adapter string
	Most    float64 // the magnitude, or a bound of it
}

func (e *BeyondError) Error() string {
	return fmt.Sprintf("adapter %q reaches %.3g, and at most %.3g can be worked with", e.Adapter, e.Most, float64(adapter.MostMagnitude))
}

// checkMagnitudes refuses what would overflow somewhere after this stage and vanish
// there: Inf is cut by no trim, but a vote of Inf − Inf elects nothing.
func checkMagnitudes(v Value) error {
	for i := range v {
		if most := v[i].magnitude(); !(most <= adapter.MostMagnitude) {
			return &BeyondError{v[i].Adapter, most}
		}
	}
	return nil
}

// magnitude is the largest |x| of a part's tensors, and of a pair at least
// r·max|B|·max|A|, which bounds every partial sum of B·A.
func (p *Part) magnitude() float64 {
	most, product := 0.0, float64(p.A.Rows)
	for _, tensor := range p.Tensors() {
		x := float64(kernels.MaxAbs(tensor.Data))
		most, product = max(most, x), product*x
	}
	return max(most, product)
}
