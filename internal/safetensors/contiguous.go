package safetensors

import (
	"cmp"
	"slices"

	"github.com/loramerge/loramerge/internal/fault"
)

// checkContiguous sorts the tensors by offset and checks that they cover the
// data without a hole, an overlap or a rest: the format leaves no room for
// bytes that nobody reads, which could be another file's. Empty tensors that share an
// offset keep the header's order: a hostile header's names take long to compare.
func (r *headerReader) checkContiguous() error {
	slices.SortStableFunc(r.tensors, compareOffsets)
	end := int64(0)
	for _, t := range r.tensors {
		r.at.Tensor = t.Name
		if t.Begin < end {
			return fault.At(r.at, "the tensor overlaps another: it begins at byte %d of the data, where byte %d is expected", t.Begin, end).Mend(remedySaveAgain)
		}
		if t.Begin > end {
			return fault.At(r.at, "the data have a hole before the tensor: it begins at byte %d, where byte %d is expected", t.Begin, end).Mend(remedySaveAgain)
		}
		end = t.End
	}
	r.at.Tensor = ""
	if end < r.dataSize {
		return fault.At(r.at, "the tensors end at byte %d of the data, of which there are %d: bytes are left over", end, r.dataSize).Mend(remedySaveAgain)
	}
	return nil
}

// compareOffsets orders by begin, then by end: an empty tensor comes before the one
// that begins at the same place.
func compareOffsets(a, b Tensor) int {
	if c := cmp.Compare(a.Begin, b.Begin); c != 0 {
		return c
	}
	return cmp.Compare(a.End, b.End)
}
