package adapter

import (
	"context"
	"fmt"
	"math"
	"sync"

	"github.com/loramerge/loramerge/internal/kernels"
)

// readBlock is how many bytes are read and decoded at a time: a block stays in
// the second-level cache between the two.
const readBlock = 256 << 10

var readBuffers = sync.Pool{New: func() any { return new([readBlock]byte) }}

// Read decodes a stored tensor of a computed dtype to float32. dst must hold
// exactly its elements. NaN and ±Inf are a Problem that names the tensor.
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
			return formatProblem(a.file.Path(), err)
		}
		decode(part, block, tensor.DType)
		if !kernels.Finite(part) {
			return a.notFinite(tensor, done, part)
		}
		done += n
	}
	return nil
}

// ReadRaw reads the stored bytes of a tensor of any dtype.
func (a *Adapter) ReadRaw(tensor Tensor, dst []byte) error {
	if err := a.file.ReadAt(tensor, dst, 0); err != nil {
		return formatProblem(a.file.Path(), err)
	}
	return nil
}

func (a *Adapter) notFinite(tensor Tensor, start int, part []float32) error {
	for i, x := range part {
		if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
			return problemf(a.file.Path(), "the training run diverged or the file is damaged; use an earlier checkpoint",
				"tensor %q holds %v at element %d", tensor.Name, x, start+i)
		}
	}
	panic("adapter: Finite and notFinite disagree")
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
			return formatProblem(a.file.Path(), err)
		}
		see(block)
	}
	return nil
}
