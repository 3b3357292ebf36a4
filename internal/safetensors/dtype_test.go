package safetensors

import "testing"

// The names and bits are those of `Dtype` in the reference implementation,
// https://github.com/huggingface/safetensors/blob/main/safetensors/src/tensor.rs
func TestDTypes(t *testing.T) {
	tests := []struct {
		dtype DType
		name  string
		bits  int
		float bool
	}{
		{BOOL, "BOOL", 8, false},
		{F4, "F4", 4, false},
		{F6_E2M3, "F6_E2M3", 6, false},
		{F6_E3M2, "F6_E3M2", 6, false},
		{U8, "U8", 8, false},
		{I8, "I8", 8, false},
		{F8_E5M2, "F8_E5M2", 8, false},
		{F8_E4M3, "F8_E4M3", 8, false},
		{F8_E8M0, "F8_E8M0", 8, false},
		{F8_E4M3FNUZ, "F8_E4M3FNUZ", 8, false},
		{F8_E5M2FNUZ, "F8_E5M2FNUZ", 8, false},
		{I16, "I16", 16, false},
		{U16, "U16", 16, false},
		{F16, "F16", 16, true},
		{BF16, "BF16", 16, true},
		{I32, "I32", 32, false},
		{U32, "U32", 32, false},
		{F32, "F32", 32, true},
		{C64, "C64", 64, false},
		{F64, "F64", 64, true},
		{I64, "I64", 64, false},
		{U64, "U64", 64, false},
	}
	if len(tests) != len(dtypes)-1 {
		t.Errorf("%d dtypes are tested, and there are %d", len(tests), len(dtypes)-1)
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if parsed, ok := ParseDType(test.name); !ok || parsed != test.dtype {
				t.Errorf("parsed as %v, %v", parsed, ok)
			}
			if test.dtype.String() != test.name {
				t.Errorf("printed as %v", test.dtype)
			}
			if test.dtype.Bits() != test.bits {
				t.Errorf("%d bits, want %d", test.dtype.Bits(), test.bits)
			}
			if test.dtype.IsFloat() != test.float {
				t.Errorf("float: %v, want %v", test.dtype.IsFloat(), test.float)
			}
		})
	}
}

func TestNoDType(t *testing.T) {
	for _, d := range []DType{0, U64 + 1, 255} {
		if parsed, ok := ParseDType(d.String()); ok {
			t.Errorf("%v is parsed as %v", d, parsed)
		}
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("no panic on the bits of %v", d)
				}
			}()
			d.Bits()
		}()
	}
	if d, ok := ParseDType(""); ok {
		t.Errorf(`"" is parsed as %v`, d)
	}
}
