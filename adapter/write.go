package adapter

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/kernels"
	"github.com/loramerge/loramerge/internal/safetensors"
)

// Writer writes the weights of a new adapter. Its tensors may come in any order
// and from several goroutines; every place in the file is known from the start.
type Writer struct {
	// Clamp lets finite values that the dtype can't hold become the largest it can.
	Clamp    bool
	clamped  atomic.Int64
	rounding rounding
	turns    turns
	path     string
	file     placer
	created  Sink // the same, of Create
	layout   *Layout
	places   map[slotOf]*Place
}

// placer takes the bytes of named tensors, from several goroutines.
type placer interface {
	WriteAt(name string, p []byte, off int64) error
}

// Create opens the weights' file at path for writing, and writes what does not depend on the
// modules. The format's own metadata comes on top of what is given.
func (l *Layout) Create(path string, metadata map[string]string) (*Writer, error) {
	packed, err := l.Packing.Pack(l.specs(), l.WithMetadata(metadata))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	file, err := packed.Create(path)
	if err != nil {
		return nil, err
	}
	w := &Writer{path: path, file: file, created: file, layout: l, places: l.places()}
	if err := w.writeConstants(l); err != nil {
		return nil, errors.Join(err, file.Abort())
	}
	return w, nil
}

func (w *Writer) writeConstants(l *Layout) error {
	for i := range l.Stored {
		if place := &l.Stored[i]; place.Module == nil {
			if err := w.write(place, part{many: 1}, place.Constant); err != nil {
				return err
			}
		}
	}
	return nil
}

// writeBlock is how many elements are encoded at a time, for the same reason as readBlock.
const writeBlock = 32 << 10

var writeBuffers = sync.Pool{New: func() any { return new([writeBlock * 8]byte) }}

// Write rounds x once to the dtype of tensor i of the module and writes it whole.
// A value that the dtype can't hold is a Fault that names it, or clamped.
func (w *Writer) Write(m *Module, i int, x []float32) error {
	place := w.place(m, i)
	p := place.partOf(m.Name)
	if p.many > 1 && m.Form != Whole {
		x = m.widened(place.Module, i, x)
	}
	if place.Arrange != nil {
		x = place.Arrange(x)
	}
	if len(x)*p.many != elements(place.Shape) {
		panic(fmt.Sprintf("adapter: %d elements of module %q written to %q, which has the shape %d", len(x), m.Name, place.Name, place.Shape))
	}
	return w.write(place, p, x)
}

// write writes the elements of a part.
func (w *Writer) write(place *Place, p part, x []float32) error {
	width := place.DType.Bits() / 8
	if place.TakeTurns && p.many > 1 {
		whole := make([]byte, 0, len(x)*width)
		if err := w.encoded(place, p, x, func(_ int, block []byte) error { whole = append(whole, block...); return nil }); err != nil {
			return err
		}
		return w.turns.add(w.file, place, p, whole)
	}
	return w.encoded(place, p, x, func(at int, block []byte) error {
		return w.file.WriteAt(place.Name, block, int64((p.at*len(x)+at)*width))
	})
}

// encoded hands the elements of a part to give, rounded, block by block, with the place in the part.
func (w *Writer) encoded(place *Place, p part, x []float32, give func(at int, block []byte) error) error {
	buffer := writeBuffers.Get().(*[writeBlock * 8]byte)
	defer writeBuffers.Put(buffer)
	width := place.DType.Bits() / 8
	for done := 0; done < len(x); done += writeBlock {
		whole := x[done:min(done+writeBlock, len(x))]
		part, err := w.fitting(place, whole)
		if err != nil {
			return err
		}
		block := buffer[:len(part)*width]
		Encode(block, part, place.DType)
		if w.created != nil {
			w.rounding.add(place.Spec, p.at, whole, block)
		}
		if err := give(done, block); err != nil {
			return err
		}
	}
	return nil
}

func elements(shape []int) int {
	n := 1
	for _, dim := range shape {
		n *= dim
	}
	return n
}

// WriteRaw writes the bytes of a tensor of any dtype.
func (w *Writer) WriteRaw(m *Module, i int, data []byte) error {
	return w.file.WriteAt(w.place(m, i).Spec.Name, data, 0)
}

func (w *Writer) place(m *Module, i int) *Place {
	place, ok := w.places[slotOf{LayerOf(m.Name), i}]
	if !ok {
		panic(fmt.Sprintf("adapter: tensor %d of module %q has no place in %s", i, m.Name, w.path))
	}
	return place
}

// Describe replaces the metadata of Create before Close by one of the same length, for good.
func (w *Writer) Describe(metadata map[string]string) error {
	return w.created.Describe(w.layout.WithMetadata(metadata))
}

// SHA256 is that of the file, once it is described and closed.
func (w *Writer) SHA256() [sha256.Size]byte { return w.created.SHA256() }

// Close checks that every tensor came, and syncs the file.
func (w *Writer) Close() error { return w.created.Close() }

// Abort gives up: the file is closed as it is.
func (w *Writer) Abort() error { return w.created.Abort() }

// Clamped is how many values were clamped so far.
func (w *Writer) Clamped() int64 { return w.clamped.Load() }

// fitting gives values that the tensor's dtype can hold: x itself, or a clamped copy.
// Values that are not finite are never clamped.
func (w *Writer) fitting(place *Place, x []float32) ([]float32, error) {
	limit := overflow(place.DType)
	most := kernels.MaxAbs(x)
	if most < limit {
		return x, nil
	}
	if !w.Clamp || !(most <= math.MaxFloat32) {
		return nil, fault.New("tensor %q holds %g, which %s can't hold", place.Name, most, place.DType)
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

// rounding adds up, by tensors and their parts, the error of rounding to the dtype: ‖x̂ − x‖² of
// what was written and ‖x‖² of what was to be.
type rounding struct {
	mu      sync.Mutex
	squares map[partOfTensor][2]float64
}

type partOfTensor struct {
	tensor string
	at     int
}

// add compares a block with what it was encoded to. float32 and wider hold it exactly.
func (r *rounding) add(tensor safetensors.Spec, at int, x []float32, encoded []byte) {
	if tensor.DType == F32 || tensor.DType == F64 {
		return
	}
	buffer := roundedBlocks.Get().(*[roundedSample]float32)
	defer roundedBlocks.Put(buffer)
	x = x[:min(len(x), len(buffer))]
	lost := buffer[:len(x)]
	Decode(lost, encoded[:len(x)*tensor.DType.Bits()/8], tensor.DType)
	kernels.AddScaled(lost, x, -1)
	of, all := kernels.SumSquares(lost), kernels.SumSquares(x)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.squares == nil {
		r.squares = make(map[partOfTensor][2]float64)
	}
	key := partOfTensor{tensor.Name, at}
	before := r.squares[key]
	r.squares[key] = [2]float64{before[0] + of, before[1] + all}
}

// Rounding is ‖x̂ − x‖/‖x‖ over A and B of modules (Frobenius), where x̂ is x as the file holds
// it, rounded to a dtype of 16 bits and clamped; of large tensors over a sample of their
// elements. It is 0 where no tensor was rounded.
// The blocks of a part come in order, and the parts are added in that of the modules.
func (w *Writer) Rounding(modules []*Module) float64 {
	w.rounding.mu.Lock()
	defer w.rounding.mu.Unlock()
	var lost, all float64
	for _, m := range modules {
		if m.Form == Whole {
			continue
		}
		for i := range m.Tensors() {
			p := partOf(m.Name)
			if place := w.places[slotOf{p.layer, i}]; place != nil {
				squares := w.rounding.squares[partOfTensor{place.Name, p.at}]
				lost, all = lost+squares[0], all+squares[1]
			}
		}
	}
	if lost == 0 || all == 0 {
		return 0
	}
	return math.Sqrt(lost / all)
}

// roundedSample is how many elements at the beginning of each block are looked at, an eighth:
// all of them would cost a tenth of a fast merge, and say the same.
const roundedSample = writeBlock / 8

var roundedBlocks = sync.Pool{New: func() any { return new([roundedSample]float32) }}

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
