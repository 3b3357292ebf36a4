package safetensors

import (
	"math"

	"github.com/loramerge/loramerge/internal/fault"
)

// The keys of an entry, all of which it must have, each once.
const (
	keyDType = 1 << iota
	keyShape
	keyOffsets
	allKeys = keyDType | keyShape | keyOffsets
)

// entry reads one tensor's entry and checks all that concerns it alone.
func (r *headerReader) entry(name string) (Tensor, error) {
	if err := checkName(name); err != nil {
		return Tensor{}, r.fail("%v", err)
	}
	start := r.pos
	t := Tensor{Name: name}
	seen := 0
	err := r.object("a tensor's entry", func(key string) error {
		bit, err := r.property(key, &t)
		if err == nil && seen&bit != 0 {
			err = r.fail("the entry has the key %q twice", key)
		}
		seen |= bit
		return err
	})
	if err != nil {
		return Tensor{}, err
	}
	if seen != allKeys {
		return Tensor{}, r.failAt(start, "the entry lacks %s", missingKey(seen))
	}
	return t, r.checkExtent(t, start)
}

// property reads the value of one of an entry's keys into t.
func (r *headerReader) property(key string, t *Tensor) (bit int, err error) {
	switch key {
	case "dtype":
		t.DType, err = r.readDType()
		return keyDType, err
	case "shape":
		t.Shape, err = r.readShape()
		return keyShape, err
	case "data_offsets":
		t.Begin, t.End, err = r.readOffsets()
		return keyOffsets, err
	}
	return 0, r.fail("the entry has the unknown key %s", fault.Quote(key))
}

func missingKey(seen int) string {
	switch {
	case seen&keyDType == 0:
		return `"dtype"`
	case seen&keyShape == 0:
		return `"shape"`
	}
	return `"data_offsets"`
}

func (r *headerReader) readDType() (DType, error) {
	name, err := r.string()
	if err != nil {
		return 0, err
	}
	d, ok := ParseDType(name)
	if !ok {
		return 0, r.fail("the dtype %s is unknown", fault.Quote(name))
	}
	return d, nil
}

func (r *headerReader) readShape() ([]int, error) {
	rank := 0
	err := r.integers("a shape", func(n int64) error {
		if rank == maxRank {
			return r.fail("the shape has more than %d dimensions", maxRank)
		}
		if n > math.MaxInt {
			return r.fail("a dimension is too large for this machine's integers")
		}
		r.shape[rank] = int(n)
		rank++
		return nil
	})
	if err != nil {
		return nil, err
	}
	if r.dimCount += rank; r.dimCount > maxDims {
		return nil, r.fail("the shapes have more than %d dimensions in all", maxDims)
	}
	return r.keep(r.shape[:rank]), nil
}

// keep copies a shape into memory that many shapes share.
func (r *headerReader) keep(shape []int) []int {
	if cap(r.dims)-len(r.dims) < len(shape) {
		r.dims = make([]int, 0, 16*maxRank)
	}
	from := len(r.dims)
	r.dims = append(r.dims, shape...)
	return r.dims[from:len(r.dims):len(r.dims)]
}

func (r *headerReader) readOffsets() (begin, end int64, err error) {
	var bounds [2]int64
	count := 0
	err = r.integers("data_offsets", func(n int64) error {
		if count == len(bounds) {
			return r.fail("data_offsets has more than two numbers")
		}
		bounds[count] = n
		count++
		return nil
	})
	if err == nil && count < len(bounds) {
		err = r.fail("data_offsets has fewer than two numbers")
	}
	return bounds[0], bounds[1], err
}

// checkExtent checks that t's place fits its shape and the file.
func (r *headerReader) checkExtent(t Tensor, pos int) error {
	if t.Begin > t.End {
		return r.failAt(pos, "data_offsets [%d,%d] end before they begin", t.Begin, t.End)
	}
	size, err := byteSize(t.DType, t.Shape)
	if err != nil {
		return r.failAt(pos, "%v", err)
	}
	if size != t.Size() {
		return r.failAt(pos, "%s of shape %d takes %d bytes, but data_offsets span %d", t.DType, t.Shape, size, t.Size())
	}
	if t.End > r.dataSize {
		return fault.At(r.at, "the tensor ends at byte %d of the data, of which there are %d", t.End, r.dataSize).Mend(remedyDownloadAgain)
	}
	if r.used += size; r.used > r.dataSize {
		return r.failAt(pos, "the tensors overlap: up to this one they take %d bytes, and the file has %d", r.used, r.dataSize)
	}
	return nil
}
