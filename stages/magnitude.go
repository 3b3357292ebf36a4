package stages

import (
	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/kernels"
)

// checkMagnitudes refuses what would overflow somewhere after this stage and vanish
// there: Inf is cut by no trim, but a vote of Inf − Inf elects nothing.
func checkMagnitudes(module string, v Value) error {
	for i := range v {
		if most := v[i].magnitude(); !(most <= adapter.MostMagnitude) {
			return fault.New("the result at module %q is too large: adapter %q reaches %.3g, and at most %.3g can be worked with", module, v[i].Adapter, most, float64(adapter.MostMagnitude)).
				Mend("check the weights and scales of this stage and of those before it").See("too-large")
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
