package kernels

import (
	"encoding/binary"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// allHalves is every 16-bit pattern, little endian.
func allHalves() []byte {
	src := make([]byte, 2<<16)
	for h := range 1 << 16 {
		binary.LittleEndian.PutUint16(src[2*h:], uint16(h))
	}
	return src
}

func TestDecodeBF16(t *testing.T) {
	got := make([]float32, 1<<16)
	DecodeBF16(got, allHalves())
	for h, x := range got {
		if bits := math.Float32bits(x); bits != uint32(h)<<16 {
			t.Fatalf("%#04x: got %#08x", h, bits)
		}
	}
}

func TestEncodeBF16(t *testing.T) {
	for _, test := range []struct {
		name string
		bits uint32
		want uint16
	}{
		{"one", 0x3f800000, 0x3f80},
		{"minus zero", 0x80000000, 0x8000},
		{"below the middle", 0x3f807fff, 0x3f80},
		{"middle, even below", 0x3f808000, 0x3f80},
		{"middle, even above", 0x3f818000, 0x3f82},
		{"above the middle", 0x3f808001, 0x3f81},
		{"denormal middle, even below", 0x00008000, 0x0000},
		{"denormal, above the middle", 0x80008001, 0x8001},
		{"carry into the exponent", 0x3fffffff, 0x4000},
		{"largest that stays finite", 0x7f7f7fff, 0x7f7f},
		{"rounds to infinity", 0x7f7f8000, 0x7f80},
		{"infinity", 0xff800000, 0xff80},
		{"signalling NaN of low payload", 0x7f800001, 0x7fc0},
		{"NaN of full payload", 0xffffffff, 0xffff},
	} {
		dst := make([]byte, 2)
		EncodeBF16(dst, []float32{math.Float32frombits(test.bits)})
		if got := binary.LittleEndian.Uint16(dst); got != test.want {
			t.Errorf("%s: %#08x: got %#04x, want %#04x", test.name, test.bits, got, test.want)
		}
	}
}

func TestEncodeBF16IsNearest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.Float32Range(-1e38, 1e38).Draw(t, "x")
		dst, back := make([]byte, 2), make([]float32, 1)
		EncodeBF16(dst, []float32{x})
		DecodeBF16(back, dst)
		got := math.Float32bits(back[0])
		for _, neighbour := range []uint32{got + 1<<16, got - 1<<16} {
			other := float64(math.Float32frombits(neighbour))
			if math.Abs(other-float64(x)) < math.Abs(float64(back[0])-float64(x)) {
				t.Fatalf("%v became %v, but %v is nearer", x, back[0], other)
			}
		}
	})
}
