package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const oneBits = 0x3f800000

func (e emitter) votes() {
	e.elementwise(elementwise{
		name: "addSignsAVX2", signature: "func(votes, x []float32)", length: "votes",
		dst: stream{"votes", float32s}, from: []stream{{"votes", float32s}, {"x", float32s}}, setup: e.addSigns,
	})
	e.elementwise(elementwise{
		name: "breakTiesAVX2", signature: "func(votes []float32, sign float32)", length: "votes",
		dst: stream{"votes", float32s}, from: []stream{{"votes", float32s}}, setup: e.breakTies,
	})
	e.signTotal()
}

func (e emitter) addSigns() body {
	zero, sign, one := e.zero(), e.constant(signBit), e.constant(oneBits)
	return func(in []reg.VecVirtual) reg.VecVirtual {
		votes, x := in[0], in[1]
		counts := e.YMM()
		e.VCMPPS(unequalOrdered, zero, x, counts)
		e.VPAND(sign, x, x)
		e.VPOR(one, x, x)
		e.VPAND(counts, x, x)
		e.VADDPS(x, votes, votes)
		return votes
	}
}

func (e emitter) breakTies() body {
	zero, sign := e.zero(), e.broadcast("sign")
	return func(in []reg.VecVirtual) reg.VecVirtual {
		isZero := e.YMM()
		e.VCMPPS(equalOrdered, zero, in[0], isZero)
		e.VBLENDVPS(isZero, sign, in[0], in[0])
		return in[0]
	}
}

// signTotal counts in 8 lanes of 32 bits, enough for 2³⁴ elements, and adds them
// in 64. A mask that is set is −1 as a number.
func (e emitter) signTotal() {
	e.begin("signTotalAVX2", "func(votes []float32) int")
	votes := e.Load(e.Param("votes").Base(), e.GP64())
	left := e.Load(e.Param("votes").Len(), e.GP64())
	zero, total, mask := e.zero(), e.zero(), e.YMM()
	e.steps(left, []int{4 * vector, vector, 1}, func(step int, at reg.Register) {
		count := min(step, vector)
		for i := 0; i < step; i += count {
			x := float32s.load(e, count, element(votes, at, i, 4))
			e.VCMPPS(greaterOrdered, zero, x, mask)
			e.VPSUBD(mask, total, total)
			e.VCMPPS(lessOrdered, zero, x, mask)
			e.VPADDD(mask, total, total)
		}
	})
	upper := e.YMM()
	e.VEXTRACTI128(operand.U8(1), total, upper.AsX())
	e.VPMOVSXDQ(total.AsX(), total)
	e.VPMOVSXDQ(upper.AsX(), upper)
	e.VPADDQ(upper, total, total)
	e.VEXTRACTI128(operand.U8(1), total, upper.AsX())
	e.VPADDQ(upper.AsX(), total.AsX(), total.AsX())
	e.VPSHUFD(operand.U8(0b1110), total.AsX(), upper.AsX())
	e.VPADDQ(upper.AsX(), total.AsX(), total.AsX())
	sum := e.GP64()
	e.VMOVQ(total.AsX(), sum)
	e.Store(sum, e.ReturnIndex(0))
	e.end()
}
