package main

import "github.com/mmcloughlin/avo/reg"

func (e emitter) scaling() {
	const signature = "func(dst, x []float32, a float32)"
	e.ofFloats("scaleAVX2", signature, []string{"x"}, e.scale)
	e.ofFloats("addScaledAVX2", signature, []string{"x", "dst"}, e.addScaled)
	e.ofFloats("divideAVX2", signature, []string{"x"}, e.divide)
}

// ofFloats is an elementwise kernel whose first parameter is its result and
// whose slices all are float32, or words of as many bytes.
func (e emitter) ofFloats(name, signature string, from []string, setup func() body) {
	k := elementwise{name: name, signature: signature, setup: setup}
	for _, param := range from {
		k.from = append(k.from, stream{param, float32s})
	}
	k.length, k.dst = "dst", stream{"dst", float32s}
	e.elementwise(k)
}

func (e emitter) scale() body {
	a := e.broadcast("a")
	return func(in []reg.VecVirtual) reg.VecVirtual {
		e.VMULPS(a, in[0], in[0])
		return in[0]
	}
}

func (e emitter) addScaled() body {
	a := e.broadcast("a")
	return func(in []reg.VecVirtual) reg.VecVirtual {
		x, dst := in[0], in[1]
		e.VMULPS(a, x, x)
		e.VADDPS(x, dst, dst)
		return dst
	}
}

func (e emitter) divide() body {
	a := e.broadcast("a")
	return func(in []reg.VecVirtual) reg.VecVirtual {
		e.VDIVPS(a, in[0], in[0])
		return in[0]
	}
}
