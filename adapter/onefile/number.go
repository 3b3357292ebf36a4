package onefile

import (
	"encoding/binary"
	"math"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/kernels"
	"github.com/loramerge/loramerge/internal/safetensors"
)

// number reads a tensor of one element. Trainers store an alpha in the dtype of the weights, or
// as it was given to them, which may be a whole number.
func number(store adapter.Store, tensor safetensors.Tensor) (float64, error) {
	elements := 1
	for _, dim := range tensor.Shape {
		elements *= dim
	}
	if elements != 1 || tensor.DType.Bits()%8 != 0 {
		return 0, fault.In(store.Path(), "tensor %q has the shape %v and the dtype %s, where one number is expected", tensor.Name, tensor.Shape, tensor.DType).
			Mend("save the file again, with each alpha as a number")
	}
	stored := make([]byte, tensor.DType.Bits()/8)
	if err := store.ReadAt(tensor, stored, 0); err != nil {
		return 0, adapter.Readable(store.Path(), err)
	}
	value, known := decode(stored, tensor.DType)
	if !known || math.IsNaN(value) || math.Abs(value) > math.MaxFloat32 {
		return 0, fault.In(store.Path(), "tensor %q holds %v as %s, which is no alpha", tensor.Name, value, tensor.DType).
			Mend("save the file again, with each alpha as a number")
	}
	return value, nil
}

// decode gives the number of any dtype that torch has whole numbers or common floats in.
func decode(stored []byte, dtype safetensors.DType) (value float64, known bool) {
	var single [1]float32
	switch dtype {
	case safetensors.F16:
		kernels.DecodeF16(single[:], stored)
		return float64(single[0]), true
	case safetensors.BF16:
		kernels.DecodeBF16(single[:], stored)
		return float64(single[0]), true
	case safetensors.F32:
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(stored))), true
	case safetensors.F64:
		return math.Float64frombits(binary.LittleEndian.Uint64(stored)), true
	case safetensors.I8:
		return float64(int8(stored[0])), true
	case safetensors.U8:
		return float64(stored[0]), true
	case safetensors.I16:
		return float64(int16(binary.LittleEndian.Uint16(stored))), true
	case safetensors.I32:
		return float64(int32(binary.LittleEndian.Uint32(stored))), true
	case safetensors.I64:
		return float64(int64(binary.LittleEndian.Uint64(stored))), true
	}
	return 0, false
}

// AlphaOf is the alpha by which readers compute a module's scale, alpha/r: a whole number if one
// gives it exactly, else the nearest float32.
func AlphaOf(m *adapter.Module) float32 {
	near := m.Scale * float64(m.Rank)
	if whole := math.Round(near); whole/float64(m.Rank) == m.Scale {
		return float32(whole)
	}
	return float32(near)
}
