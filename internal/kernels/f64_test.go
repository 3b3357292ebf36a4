package kernels

import (
	"encoding/binary"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestDecodeF64(t *testing.T) {
	const ulp = 0x1p-23
	for _, test := range []struct {
		name string
		bits uint64
		want uint32
	}{
		{"one", math.Float64bits(1), 0x3f800000},
		{"minus zero", 1 << 63, 0x80000000},
		{"middle, even below", math.Float64bits(1 + ulp/2), 0x3f800000},
		{"middle, even above", math.Float64bits(1 + 3*ulp/2), 0x3f800002},
		{"above the middle", math.Float64bits(math.Nextafter(1+ulp/2, 2)), 0x3f800001},
		{"denormal", math.Float64bits(-0x1p-149), 0x80000001},
		{"half the smallest denormal", math.Float64bits(0x1p-150), 0},
		{"overflow", math.Float64bits(-1e300), 0xff800000},
		{"NaN of low payload", 0x7ff0000000000001, 0x7fc00000},
		{"NaN of full payload", 0xffffffffffffffff, 0xffffffff},
	} {
		got := make([]float32, 1)
		DecodeF64(got, binary.LittleEndian.AppendUint64(nil, test.bits))
		if bits := math.Float32bits(got[0]); bits != test.want {
			t.Errorf("%s: %#016x: got %#08x, want %#08x", test.name, test.bits, bits, test.want)
		}
	}
}

func TestEncodeF64(t *testing.T) {
	for bits, want := range map[uint32]uint64{
		0x3f800000: 0x3ff0000000000000,
		0x80000000: 0x8000000000000000,
		0x00000001: 0x36a0000000000000,
		0xff800000: 0xfff0000000000000,
		0x7f800001: 0x7ff8000020000000,
		0xffc12345: 0xfff82468a0000000,
	} {
		got := make([]byte, 8)
		EncodeF64(got, []float32{math.Float32frombits(bits)})
		if g := binary.LittleEndian.Uint64(got); g != want {
			t.Errorf("%#08x: got %#016x, want %#016x", bits, g, want)
		}
	}
}

func TestF32KeepsEveryBit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bits := rapid.SliceOf(rapid.Uint32()).Draw(t, "bits")
		var src []byte
		for _, b := range bits {
			src = binary.LittleEndian.AppendUint32(src, b)
		}
		x := make([]float32, len(bits))
		DecodeF32(x, src)
		for i, b := range bits {
			if got := math.Float32bits(x[i]); got != b {
				t.Fatalf("element %d: got %#08x, want %#08x", i, got, b)
			}
		}
		back := make([]byte, len(src))
		EncodeF32(back, x)
		if !slices.Equal(back, src) {
			t.Fatalf("encoded %x as %x", src, back)
		}
	})
}
