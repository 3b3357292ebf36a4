package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	signBit       = 0x80000000
	magnitudeBits = 0x7fffffff
)

// The comparisons of VCMPPS. Ordered ones are false for NaN, the others true.
const (
	equalOrdered   = operand.U8(0x00)
	unordered      = operand.U8(0x03)
	unequalOrdered = operand.U8(0x0c)
	notLessEqual   = operand.U8(0x16)
	lessOrdered    = operand.U8(0x11)
	greaterOrdered = operand.U8(0x1e)
)

// broadcast fills a vector with a parameter of 4 bytes.
func (e emitter) broadcast(param string) reg.VecVirtual {
	address, err := e.Param(param).Resolve()
	if err != nil {
		panic(err)
	}
	v := e.YMM()
	e.VBROADCASTSS(address.Addr, v)
	return v
}

// constant fills a vector with the bits.
func (e emitter) constant(bits uint32) reg.VecVirtual {
	gp, v := e.GP32(), e.YMM()
	e.MOVL(operand.U32(bits), gp)
	e.VMOVD(gp, v.AsX())
	e.VPBROADCASTD(v.AsX(), v)
	return v
}

func (e emitter) zero() reg.VecVirtual {
	v := e.YMM()
	e.VPXOR(v, v, v)
	return v
}

func numbered(label string, n int) string { return fmt.Sprintf("%s%d", label, n) }
