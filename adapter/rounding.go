package adapter

import (
	"math"
	"sync"

	"github.com/loramerge/loramerge/internal/kernels"
	"github.com/loramerge/loramerge/internal/safetensors"
)

// rounding adds up, tensor by tensor, what rounding to the dtype has cost: ‖x̂ − x‖² of what
// was written and ‖x‖² of what was to be.
type rounding struct {
	mu      sync.Mutex
	squares map[string][2]float64
}

// roundedSample is how many elements at the beginning of each block are looked at, an eighth:
// all of them would cost a tenth of a fast merge, and say the same.
const roundedSample = writeBlock / 8

var roundedBlocks = sync.Pool{New: func() any { return new([roundedSample]float32) }}

// add compares a block with what it was encoded to. float32 and wider hold it exactly.
func (r *rounding) add(tensor safetensors.Tensor, x []float32, encoded []byte) {
	if tensor.DType == F32 || tensor.DType == F64 {
		return
	}
	buffer := roundedBlocks.Get().(*[roundedSample]float32)
	defer roundedBlocks.Put(buffer)
	x = x[:min(len(x), len(buffer))]
	lost := buffer[:len(x)]
	decode(lost, encoded[:len(x)*tensor.DType.Bits()/8], tensor.DType)
	kernels.AddScaled(lost, x, -1)
	of, all := kernels.SumSquares(lost), kernels.SumSquares(x)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.squares == nil {
		r.squares = make(map[string][2]float64)
	}
	before := r.squares[tensor.Name]
	r.squares[tensor.Name] = [2]float64{before[0] + of, before[1] + all}
}

// Rounding is ‖x̂ − x‖/‖x‖ over A and B of modules (Frobenius), where x̂ is x as the file holds
// it, rounded to a dtype of 16 bits and clamped; of large tensors over a sample of their
// elements. It is 0 where no tensor was rounded.
// A tensor's blocks come in order, and the tensors are added in that of the modules.
func (w *Writer) Rounding(modules []*Module) float64 {
	w.rounding.mu.Lock()
	defer w.rounding.mu.Unlock()
	var lost, all float64
	for _, m := range modules {
		if m.Form == Whole {
			continue
		}
		for _, name := range tensorNames(m.Name, m.Form) {
			squares := w.rounding.squares[name]
			lost, all = lost+squares[0], all+squares[1]
		}
	}
	if lost == 0 || all == 0 {
		return 0
	}
	return math.Sqrt(lost / all)
}
