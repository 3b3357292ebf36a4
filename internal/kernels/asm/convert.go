package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func (e emitter) conversions() {
	same := func() body { return func(in []reg.VecVirtual) reg.VecVirtual { return in[0] } }
	e.conversion("BF16", bfloat16s, same, e.roundToBF16)
	e.conversion("F16", float16s, same, same)
	e.conversion("F32", float32s, same, same)
	e.conversion("F64", float64s, same, same)
}

func (e emitter) conversion(name string, f format, decode, encode func() body) {
	e.elementwise(elementwise{
		name:      "decode" + name + "AVX2",
		signature: "func(dst []float32, src []byte)",
		length:    "dst",
		dst:       stream{"dst", float32s},
		from:      []stream{{"src", f}},
		setup:     decode,
	})
	e.elementwise(elementwise{
		name:      "encode" + name + "AVX2",
		signature: "func(dst []byte, src []float32)",
		length:    "src",
		dst:       stream{"dst", f},
		from:      []stream{{"src", float32s}},
		setup:     encode,
	})
}

// roundToBF16 leaves the bfloat16 in the lower half of each lane.
func (e emitter) roundToBF16() body {
	half, one, quiet := e.constant(0x7fff), e.constant(1), e.constant(0x40)
	return func(in []reg.VecVirtual) reg.VecVirtual {
		upper, rounded, nan := e.YMM(), e.YMM(), e.YMM()
		e.VPSRLD(operand.U8(16), in[0], upper)
		e.VPAND(one, upper, rounded)
		e.VPADDD(half, rounded, rounded)
		e.VPADDD(in[0], rounded, rounded)
		e.VPSRLD(operand.U8(16), rounded, rounded)
		e.VPOR(quiet, upper, upper)
		e.VCMPPS(unordered, in[0], in[0], nan)
		e.VBLENDVPS(nan, upper, rounded, rounded)
		return rounded
	}
}
