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
	done := 0
	return a.readBlocks(tensor, func(block []byte) error {
		part := dst[done : done+len(block)*8/tensor.DType.Bits()]
		Decode(part, block, tensor.DType)
		if !(kernels.MaxAbs(part) <= MostMagnitude) {
			return a.unfit(tensor, done, part)
		}
		done += len(part)
		return nil
	})
}

// readBlocks hands the bytes of a tensor's elements to see, block by block.
func (a *Adapter) readBlocks(tensor Tensor, see func(block []byte) error) error {
	if tensor.turn().many > 0 || tensor.order() != (Order{}) {
		whole, err := a.stored(tensor)
		if err != nil {
			return err
		}
		if tensor.order() != (Order{}) {
			whole = tensor.gather(whole)
		}
		return see(whole)
	}
	buffer := readBuffers.Get().(*[readBlock]byte)
	defer readBuffers.Put(buffer)
	for done := int64(0); done < tensor.Size(); done += readBlock {
		block := buffer[:min(readBlock, tensor.Size()-done)]
		if err := a.Store.ReadAt(tensor.stored(), block, done); err != nil {
			return Readable(a.Store.Path(), err)
		}
		if err := see(block); err != nil {
			return err
		}
	}
	return nil
}

// ReadRaw reads the bytes of a tensor of any dtype, its elements row by row.
func (a *Adapter) ReadRaw(tensor Tensor, dst []byte) error {
	done := 0
	return a.readBlocks(tensor, func(block []byte) error {
		done += copy(dst[done:], block)
		return nil
	})
}

// stored reads a tensor's elements as they are stored. They must not be written to.
func (a *Adapter) stored(tensor Tensor) ([]byte, error) {
	if tensor.turn().many > 0 {
		return a.stacks.part(a.Store, tensor)
	}
	out := make([]byte, tensor.stored().Size())
	return out, Readable(a.Store.Path(), a.Store.ReadAt(tensor.stored(), out, 0))
}

// unfit names the first number that no merge can use.
func (a *Adapter) unfit(tensor Tensor, start int, part []float32) error {
	at := slices.IndexFunc(part, func(x float32) bool { return !(math.Abs(float64(x)) <= MostMagnitude) })
	return fault.In(a.Store.Path(), "tensor %q holds %v at element %d", tensor.Name, part[at], start+at).
		Mend("the training run diverged or the file is damaged; use an earlier checkpoint")
}

// ReadBlocks hands the bytes of a tensor to see, block by block, its elements row by row.
func (a *Adapter) ReadBlocks(ctx context.Context, tensor Tensor, see func(block []byte)) error {
	return a.readBlocks(tensor, func(block []byte) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		see(block)
		return nil
	})
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
