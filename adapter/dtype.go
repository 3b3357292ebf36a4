package adapter

import (
	"fmt"

	"github.com/loramerge/loramerge/internal/kernels"
	"github.com/loramerge/loramerge/internal/safetensors"
)

// The dtypes that are computed with. Every other is only carried.
const (
	F32  = safetensors.F32
	F16  = safetensors.F16
	BF16 = safetensors.BF16
	F64  = safetensors.F64
)

// Decode converts stored elements to float32. dst has as many elements as src; of a dtype that is not
// computed with, it panics.
func Decode(dst []float32, src []byte, dtype DType) {
	switch dtype {
	case F32:
		kernels.DecodeF32(dst, src)
	case F16:
		kernels.DecodeF16(dst, src)
	case BF16:
		kernels.DecodeBF16(dst, src)
	case F64:
		kernels.DecodeF64(dst, src)
	default:
		panic(fmt.Sprintf("adapter: decode of %s", dtype))
	}
}

// Encode rounds float32 to stored elements, to nearest even; see Decode.
func Encode(dst []byte, src []float32, dtype DType) {
	switch dtype {
	case F32:
		kernels.EncodeF32(dst, src)
	case F16:
		kernels.EncodeF16(dst, src)
	case BF16:
		kernels.EncodeBF16(dst, src)
	case F64:
		kernels.EncodeF64(dst, src)
	default:
		panic(fmt.Sprintf("adapter: encode to %s", dtype))
	}
}

// Promote is the dtype that two float dtypes meet in, by torch's rules of promotion:
// their own if they are equal, float32 for the two halves, else the wider.
func Promote(x, y DType) DType {
	switch {
	case x == y:
		return x
	case x.Bits() == y.Bits():
		return F32
	case x.Bits() > y.Bits():
		return x
	default:
		return y
	}
}
