package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func (e emitter) magnitudes() {
	e.maxMagnitude()
	e.countBin()
	e.within()
}

func (e emitter) maxMagnitude() {
	e.begin("maxMagnitudeAVX2", "func(x []float32) uint32")
	base := e.Load(e.Param("x").Base(), e.GP64())
	left := e.Load(e.Param("x").Len(), e.GP64())
	magnitude := e.constant(magnitudeBits)
	largest := []reg.VecVirtual{e.zero(), e.zero(), e.zero(), e.zero()}
	e.steps(left, []int{4 * vector, vector, 1}, func(step int, at reg.Register) {
		count := min(step, vector)
		for i := range step / count {
			x := float32s.load(e, count, element(base, at, i*count, 4))
			e.VPAND(magnitude, x, x)
			e.VPMAXUD(x, largest[i], largest[i])
		}
	})
	for _, other := range largest[1:] {
		e.VPMAXUD(other, largest[0], largest[0])
	}
	first, other := largest[0].AsX(), e.XMM()
	e.VEXTRACTI128(operand.U8(1), largest[0], other)
	e.VPMAXUD(other, first, first)
	for _, order := range []operand.U8{0b1110, 0b0001} {
		e.VPSHUFD(order, first, other)
		e.VPMAXUD(other, first, first)
	}
	bits := e.GP32()
	e.VMOVD(first, bits)
	e.Store(bits, e.ReturnIndex(0))
	e.end()
}

// countBin counts the fine bits of the elements that are in a bin.
func (e emitter) countBin() {
	e.begin("countBinAVX2", "func(fine *[65536]uint64, x []float32, coarse uint32)")
	fine := e.Load(e.Param("fine"), e.GP64())
	e.eachInBin(func(element operand.Mem, hit reg.GPVirtual) {
		e.MOVWLZX(element, hit.As32())
		e.INCQ(operand.Mem{Base: fine, Index: hit, Scale: 8})
	})
	e.end()
}

// eachInBin compares 8 elements at a time with the bin of the parameters x and
// coarse: few are in it, and those are visited one by one.
func (e emitter) eachInBin(visit func(element operand.Mem, hit reg.GPVirtual)) {
	base := e.Load(e.Param("x").Base(), e.GP64())
	left := e.Load(e.Param("x").Len(), e.GP64())
	coarse, magnitude := e.broadcast("coarse"), e.constant(magnitudeBits)
	e.steps(left, []int{vector, 1}, func(step int, at reg.Register) {
		x, hits := float32s.load(e, step, element(base, at, 0, 4)), e.GP32()
		e.VPAND(magnitude, x, x)
		e.VPSRLD(operand.U8(16), x, x)
		e.VPCMPEQD(coarse, x, x)
		e.VMOVMSKPS(x, hits)
		e.ANDL(operand.U32(1<<step-1), hits)
		e.eachHit(step, hits, func(hit reg.GPVirtual) {
			e.ADDQ(at, hit)
			visit(element(base, hit, 0, 4), hit)
		})
	})
}

// eachHit visits the index of every bit that is set in hits.
func (e emitter) eachHit(step int, hits reg.Register, visit func(hit reg.GPVirtual)) {
	next, done := numbered("hit", step), numbered("done", step)
	e.Label(next)
	e.TESTL(hits, hits)
	e.JZ(operand.LabelRef(done))
	hit, rest := e.GP64(), e.GP32()
	e.BSFL(hits, hit.As32())
	visit(hit)
	e.LEAL(operand.Mem{Base: hits, Disp: -1}, rest)
	e.ANDL(rest, hits)
	e.JMP(operand.LabelRef(next))
	e.Label(done)
}
