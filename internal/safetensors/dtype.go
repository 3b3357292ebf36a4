package safetensors

import "fmt"

// DType is the type of a tensor's elements. The zero value is no dtype.
type DType uint8

// The format's dtypes, in the order of the reference implementation.
const (
	BOOL DType = iota + 1
	F4
	F6_E2M3
	F6_E3M2
	U8
	I8
	F8_E5M2
	F8_E4M3
	F8_E8M0
	F8_E4M3FNUZ
	F8_E5M2FNUZ
	I16
	U16
	F16
	BF16
	I32
	U32
	F32
	C64
	F64
	I64
	U64
)

var dtypes = [...]struct {
	name string
	bits int
}{
	BOOL:        {"BOOL", 8},
	F4:          {"F4", 4},
	F6_E2M3:     {"F6_E2M3", 6},
	F6_E3M2:     {"F6_E3M2", 6},
	U8:          {"U8", 8},
	I8:          {"I8", 8},
	F8_E5M2:     {"F8_E5M2", 8},
	F8_E4M3:     {"F8_E4M3", 8},
	F8_E8M0:     {"F8_E8M0", 8},
	F8_E4M3FNUZ: {"F8_E4M3FNUZ", 8},
	F8_E5M2FNUZ: {"F8_E5M2FNUZ", 8},
	I16:         {"I16", 16},
	U16:         {"U16", 16},
	F16:         {"F16", 16},
	BF16:        {"BF16", 16},
	I32:         {"I32", 32},
	U32:         {"U32", 32},
	F32:         {"F32", 32},
	C64:         {"C64", 64},
	F64:         {"F64", 64},
	I64:         {"I64", 64},
	U64:         {"U64", 64},
}

var dtypeByName = func() map[string]DType {
	byName := make(map[string]DType, len(dtypes))
	for d := BOOL; d.valid(); d++ {
		byName[dtypes[d].name] = d
	}
	return byName
}()

// ParseDType returns the dtype of that name, as a header writes it.
func ParseDType(name string) (DType, bool) {
	d, ok := dtypeByName[name]
	return d, ok
}

// String returns the dtype's name, as a header writes it.
func (d DType) String() string {
	if !d.valid() {
		return fmt.Sprintf("DType(%d)", uint8(d))
	}
	return dtypes[d].name
}

// Bits returns the size of one element, in bits. It panics on no dtype.
func (d DType) Bits() int {
	if !d.valid() {
		panic("safetensors: Bits of " + d.String())
	}
	return dtypes[d].bits
}

// IsFloat reports whether d is one of the floating-point dtypes that are
// computed with: F16, BF16, F32 and F64. All others are only carried.
func (d DType) IsFloat() bool {
	return d == F16 || d == BF16 || d == F32 || d == F64
}

func (d DType) valid() bool {
	return 0 < d && int(d) < len(dtypes)
}
