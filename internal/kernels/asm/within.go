package main

import (
	"math/bits"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// within writes the magnitudes between low and high one after another. All lanes that
// were loaded are stored each time, those wanted first: a branch on what the data holds
// would be mispredicted.
func (e emitter) within() {
	leftPacked := e.leftPacked()
	e.begin("withinAVX2", "func(dst, x []float32, low, high uint32) (inside, above int)")
	dst, n := e.Load(e.Param("dst").Base(), e.GP64()), e.GP64()
	base := e.Load(e.Param("x").Base(), e.GP64())
	left := e.Load(e.Param("x").Len(), e.GP64())
	order := e.GP64()
	e.LEAQ(leftPacked, order)
	low, high, magnitude := e.broadcast("low"), e.broadcast("high"), e.constant(magnitudeBits)
	above := e.zero()
	e.XORQ(n, n)
	e.steps(left, []int{vector, 1}, func(step int, at reg.Register) {
		x, over, outside, lanes := float32s.load(e, step, element(base, at, 0, 4)), e.YMM(), e.YMM(), e.YMM()
		e.VPAND(magnitude, x, x)
		e.VPCMPGTD(high, x, over)
		e.VPCMPGTD(x, low, outside)
		e.VPSUBD(over, above, above)
		e.VPOR(over, outside, outside)
		hits := e.GP32()
		e.VMOVMSKPS(outside, hits)
		e.XORL(operand.U32(1<<vector-1), hits)
		e.ANDL(operand.U32(1<<step-1), hits)
		e.VPMOVZXBD(operand.Mem{Base: order, Index: hits.As64(), Scale: vector}, lanes)
		e.VPERMD(x, lanes, x)
		float32s.store(e, step, x, element(dst, n, 0, 4))
		e.POPCNTL(hits, hits)
		e.ADDQ(hits.As64(), n)
	})
	e.Store(n, e.ReturnIndex(0))
	e.Store(e.laneTotal(above), e.ReturnIndex(1))
	e.end()
}

// leftPacked holds, for each set of 8 lanes, the lanes of the set and then others.
func (e emitter) leftPacked() operand.Mem {
	table := e.StaticGlobal("leftPacked")
	e.DataAttributes(attr.RODATA | attr.NOPTR)
	for set := range 1 << vector {
		var order uint64
		for rest, i := uint(set), 0; rest != 0; rest, i = rest&(rest-1), i+1 {
			order |= uint64(bits.TrailingZeros(rest)) << (8 * i)
		}
		e.AppendDatum(operand.U64(order))
	}
	return table
}

// laneTotal adds the 8 counters of a vector.
func (e emitter) laneTotal(v reg.VecVirtual) reg.GPVirtual {
	first, other := v.AsX(), e.XMM()
	e.VEXTRACTI128(operand.U8(1), v, other)
	e.VPADDD(other, first, first)
	for _, order := range []operand.U8{0b1110, 0b0001} {
		e.VPSHUFD(order, first, other)
		e.VPADDD(other, first, first)
	}
	total := e.GP64()
	e.VMOVD(first, total.As32())
	return total
}
