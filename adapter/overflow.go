package adapter

import (
	"math"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/kernels"
	"github.com/loramerge/loramerge/internal/safetensors"
)

// overflow is the least magnitude that rounds to infinity, half a step above the
// largest finite value of the dtype.
func overflow(dtype DType) float32 {
	switch dtype {
	case F16:
		return 65520
	case BF16:
		return float32(math.Ldexp(511, 119)) // (2 − 2⁻⁸)·2¹²⁷
	default:
		return float32(math.Inf(1))
	}
}

// fitting gives values that the tensor's dtype can hold: x itself, or a clamped copy.
// What is not finite belongs to no merge, and is not clamped.
func (w *Writer) fitting(tensor safetensors.Tensor, x []float32) ([]float32, error) {
	limit := overflow(tensor.DType)
	most := kernels.MaxAbs(x)
	if most < limit {
		return x, nil
	}
	if !w.Clamp || !(most <= math.MaxFloat32) {
		return nil, fault.New("tensor %q holds %g, which %s can't hold", tensor.Name, most, tensor.DType)
	}
	// The next float32 below the limit rounds to the largest value that is finite.
	below, out := math.Nextafter32(limit, 0), make([]float32, len(x))
	for i, v := range x {
		out[i] = min(max(v, -below), below)
		if out[i] != v {
			w.clamped.Add(1)
		}
	}
	return out, nil
}

// Clamped is how many values were clamped so far.
func (w *Writer) Clamped() int64 { return w.clamped.Load() }
