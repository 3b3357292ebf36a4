package kernels

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/x448/float16"
)

func TestDecodeF16(t *testing.T) {
	got := make([]float32, 1<<16)
	DecodeF16(got, allHalves())
	for h, x := range got {
		want := math.Float32bits(float16.Frombits(uint16(h)).Float32())
		if h&0x7c00 == 0x7c00 && h&0x3ff != 0 {
			want |= 0x400000 // quiet, as VCVTPH2PS makes it
		}
		if bits := math.Float32bits(x); bits != want {
			t.Fatalf("%#04x: got %#08x, want %#08x (x448/float16)", h, bits, want)
		}
	}
}

func TestEncodeF16(t *testing.T) {
	src := append(halvesAndMidpoints(), specials...)
	random := rand.New(rand.NewPCG(1, 1))
	for range 1 << 18 {
		src = append(src, math.Float32frombits(random.Uint32()))
	}
	got := make([]byte, 2*len(src))
	EncodeF16(got, src)
	for i, x := range src {
		want := uint16(float16.Fromfloat32(x))
		if h := binary.LittleEndian.Uint16(got[2*i:]); h != want {
			t.Fatalf("%v (%#08x): got %#04x, want %#04x (x448/float16)", x, math.Float32bits(x), h, want)
		}
	}
}

// halvesAndMidpoints is every finite half, the float32 between it and the next
// half, and the two float32 beside each of them.
func halvesAndMidpoints() []float32 {
	var x []float32
	for h := range uint16(0x7c00) {
		low := float16.Frombits(h).Float32()
		middle := (low + float16.Frombits(h+1).Float32()) / 2
		if h+1 == 0x7c00 {
			middle = 65520 // half way to what 2¹⁶ would be
		}
		for _, v := range []float32{low, middle} {
			below := math.Nextafter32(v, float32(math.Inf(-1)))
			above := math.Nextafter32(v, float32(math.Inf(1)))
			x = append(x, v, below, above, -v, -below, -above)
		}
	}
	return x
}
