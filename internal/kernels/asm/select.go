package main

import "github.com/mmcloughlin/avo/reg"

// selections are the kernels that keep an element or put +0 in its place.
func (e emitter) selections() {
	e.ofFloats("trimAVX2", "func(dst, x []float32, least uint32)", []string{"x"}, e.trim)
	e.ofFloats("agreeAVX2", "func(dst, x, votes []float32)", []string{"x", "votes"}, e.agree)
	e.ofFloats("maskAVX2", "func(dst, x []float32, words []uint32, keepBelow uint32, scale float32)",
		[]string{"x", "words"}, e.mask)
}

func (e emitter) trim() body {
	least, sign := e.broadcast("least"), e.constant(signBit)
	return func(in []reg.VecVirtual) reg.VecVirtual { return e.keepFrom(least, sign, in[0]) }
}

// keepFrom keeps x from the least magnitude on.
func (e emitter) keepFrom(least, sign, x reg.VecVirtual) reg.VecVirtual {
	kept := e.YMM()
	e.VPANDN(x, sign, kept)
	e.VPCMPGTD(kept, least, kept)
	e.VPANDN(x, kept, kept)
	return kept
}

func (e emitter) agree() body {
	zero, sign := e.zero(), e.constant(signBit)
	return func(in []reg.VecVirtual) reg.VecVirtual { return e.agreeing(zero, sign, in[0], in[1]) }
}

// agreeing gives the vote the sign of vote·x, and keeps x unless that is ±0 or
// below; and x that is ±0 itself.
func (e emitter) agreeing(zero, sign, x, vote reg.VecVirtual) reg.VecVirtual {
	kept, isZero := e.YMM(), e.YMM()
	e.VPAND(sign, x, kept)
	e.VPXOR(vote, kept, kept)
	e.VCMPPS(notLessEqual, zero, kept, kept)
	e.VCMPPS(equalOrdered, zero, x, isZero)
	e.VPOR(isZero, kept, kept)
	e.VPAND(x, kept, kept)
	return kept
}

// mask flips the sign bits because VPCMPGTD compares signed words.
func (e emitter) mask() body {
	keepBelow, scale, flip := e.broadcast("keepBelow"), e.broadcast("scale"), e.constant(signBit)
	e.VPXOR(flip, keepBelow, keepBelow)
	return func(in []reg.VecVirtual) reg.VecVirtual {
		x, words := in[0], in[1]
		e.VPXOR(flip, words, words)
		e.VPCMPGTD(words, keepBelow, words)
		e.VMULPS(scale, x, x)
		e.VPAND(words, x, x)
		return x
	}
}
