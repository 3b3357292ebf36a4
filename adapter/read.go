package adapter

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/kernels"
	"github.com/loramerge/loramerge/internal/lowrank"
)

// readBlock is how many bytes are read and decoded at a time: a block stays in
// the second-level cache between the two.
const readBlock = 256 << 10

var readBuffers = sync.Pool{New: func() any { return new([readBlock]byte) }}

// MostMagnitude bounds every number that a merge works with. No adapter of any use comes
// near it, and it leaves room: sums over 2¹³ adapters with weights up to 10⁹ stay below
// 2¹²⁸, where float32 ends and Inf − Inf would make a vote of nothing.
const MostMagnitude = 0x1p84

// Read decodes a stored tensor of a computed dtype to float32. dst must hold
// exactly its elements. NaN, ±Inf and what is beyond MostMagnitude are a Fault that
// names the tensor.
func (a *Adapter) Read(tensor Tensor, dst []float32) error {
	if len(dst) != tensor.Elements() {
		panic(fmt.Sprintf("adapter: %d elements read into %d", tensor.Elements(), len(dst)))
	}
	buffer := readBuffers.Get().(*[readBlock]byte)
	defer readBuffers.Put(buffer)
	width := tensor.DType.Bits() / 8
	for done := 0; done < len(dst); {
		n := min(len(dst)-done, readBlock/width)
		block, part := buffer[:n*width], dst[done:done+n]
		if err := a.file.ReadAt(tensor, block, int64(done*width)); err != nil {
			return readable(a.file.Path(), err)
		}
		decode(part, block, tensor.DType)
		if !(kernels.MaxAbs(part) <= MostMagnitude) {
			return a.unfit(tensor, done, part)
		}
		done += n
	}
	return nil
}

// ReadRaw reads the stored bytes of a tensor of any dtype.
func (a *Adapter) ReadRaw(tensor Tensor, dst []byte) error {
	if err := a.file.ReadAt(tensor, dst, 0); err != nil {
		return readable(a.file.Path(), err)
	}
	return nil
}

// unfit names the first number that no merge can use.
func (a *Adapter) unfit(tensor Tensor, start int, part []float32) error {
	at := slices.IndexFunc(part, func(x float32) bool { return !(math.Abs(float64(x)) <= MostMagnitude) })
	return fault.In(a.file.Path(), "tensor %q holds %v at element %d", tensor.Name, part[at], start+at).
		Mend("the training run diverged or the file is damaged; use an earlier checkpoint")
}

// ReadBlocks hands the stored bytes of a tensor to see, block by block.
func (a *Adapter) ReadBlocks(ctx context.Context, tensor Tensor, see func(block []byte)) error {
	buffer := readBuffers.Get().(*[readBlock]byte)
	defer readBuffers.Put(buffer)
	for done := int64(0); done < tensor.Size(); done += readBlock {
		if err := ctx.Err(); err != nil {
			return err
		}
		block := buffer[:min(readBlock, tensor.Size()-done)]
		if err := a.file.ReadAt(tensor, block, done); err != nil {
			return readable(a.file.Path(), err)
		}
		see(block)
	}
	return nil
}

// Pair decodes A [r, in] and B [out, r] of a module to float32: its ΔW is Scale·B·A. The
// kernel of a convolution is flattened into the columns of A. Its errors are those of Read.
func (a *Adapter) Pair(m *Module) (lowrank.Product, error) {
	p := lowrank.Product{B: lowrank.NewMatrix(m.Out(), m.Rank), A: lowrank.NewMatrix(m.Rank, m.In())}
	if err := a.Read(m.A, p.A.Data); err != nil {
		return p, err
	}
	return p, a.Read(m.B, p.B.Data)
}
