package main

import "github.com/mmcloughlin/avo/reg"

func (e emitter) means() {
	e.elementwise(elementwise{
		name: "addNonzeroAVX2", signature: "func(total, x []float32, w float32)", length: "total",
		dst: stream{"total", float32s}, from: []stream{{"total", float32s}, {"x", float32s}}, setup: e.addNonzero,
	})
	e.ofFloats("quotientAVX2", "func(dst, total []float32)", []string{"dst", "total"}, e.quotient)
}

func (e emitter) addNonzero() body {
	zero, w := e.zero(), e.broadcast("w")
	return func(in []reg.VecVirtual) reg.VecVirtual {
		total, x := in[0], in[1]
		e.VCMPPS(equalOrdered, zero, x, x)
		e.VPANDN(w, x, x)
		e.VADDPS(x, total, total)
		return total
	}
}

func (e emitter) quotient() body {
	zero := e.zero()
	return func(in []reg.VecVirtual) reg.VecVirtual {
		dst, total := in[0], in[1]
		isZero, product := e.YMM(), e.YMM()
		e.VCMPPS(equalOrdered, zero, total, isZero)
		e.VMULPS(zero, dst, product)
		e.VDIVPS(total, dst, dst)
		e.VBLENDVPS(isZero, product, dst, dst)
		return dst
	}
}
