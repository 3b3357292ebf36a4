package main

import (
	"strings"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	lanes  = 16
	perYMM = 4 // float64 in a YMM register
)

// A term turns float64 of each input into what is added up.
type term func(in []reg.VecVirtual) reg.VecVirtual

func (e emitter) reductions() {
	tail := e.tailMasks()
	e.reduction("sumAbsAVX2", []string{"x"}, tail, e.absolute)
	e.reduction("dotAVX2", []string{"x", "y"}, tail, func() term {
		return func(in []reg.VecVirtual) reg.VecVirtual {
			e.VMULPD(in[1], in[0], in[0])
			return in[0]
		}
	})
}

func (e emitter) absolute() term {
	magnitude := e.YMM()
	e.VPCMPEQD(magnitude, magnitude, magnitude)
	e.VPSRLQ(operand.U8(1), magnitude, magnitude)
	return func(in []reg.VecVirtual) reg.VecVirtual {
		e.VPAND(magnitude, in[0], in[0])
		return in[0]
	}
}

// tailMasks is as many set words as there are lanes, and as many clear ones:
// from word 16−n on, it selects the first n of 16 elements.
func (e emitter) tailMasks() operand.Mem {
	table := e.StaticGlobal("tailMasks")
	e.DataAttributes(attr.RODATA | attr.NOPTR)
	for range lanes {
		e.AppendDatum(operand.U32(0xffffffff))
	}
	for range lanes {
		e.AppendDatum(operand.U32(0))
	}
	return table
}

// reduction adds 16 terms a turn to 16 lanes. What is left over is loaded with
// zeros instead of the elements that are missing: a lane is never −0, so
// adding +0 changes nothing.
func (e emitter) reduction(name string, params []string, tail operand.Mem, setup func() term) {
	e.begin(name, "func(lane *[16]float64, "+strings.Join(params, ", ")+" []float32)")
	sums := e.Load(e.Param("lane"), e.GP64())
	bases := make([]reg.Register, len(params))
	for i, param := range params {
		bases[i] = e.Load(e.Param(param).Base(), e.GP64())
	}
	left := e.Load(e.Param("x").Len(), e.GP64())
	compute := setup()
	lane := make([]reg.VecVirtual, lanes/perYMM)
	for i := range lane {
		lane[i] = e.YMM()
		e.VMOVUPD(operand.Mem{Base: sums, Disp: 8 * perYMM * i}, lane[i])
	}
	add := func(load func(from operand.Mem, vector int) reg.VecVirtual) {
		for i := range lane {
			in := make([]reg.VecVirtual, len(bases))
			for j, base := range bases {
				in[j] = load(operand.Mem{Base: base, Disp: 4 * perYMM * i}, i)
			}
			e.VADDPD(compute(in), lane[i], lane[i])
		}
	}
	e.wholeTurns(left, bases, add)
	e.lastTurn(left, tail, add)
	for i, v := range lane {
		e.VMOVUPD(v, operand.Mem{Base: sums, Disp: 8 * perYMM * i})
	}
	e.end()
}

type addTurn func(load func(from operand.Mem, vector int) reg.VecVirtual)

func (e emitter) wholeTurns(left reg.Register, bases []reg.Register, add addTurn) {
	e.Label("turn")
	e.CMPQ(left, operand.U8(lanes))
	e.JL(operand.LabelRef("tail"))
	add(func(from operand.Mem, _ int) reg.VecVirtual {
		v := e.YMM()
		e.VCVTPS2PD(from, v)
		return v
	})
	for _, base := range bases {
		e.ADDQ(operand.U8(4*lanes), base)
	}
	e.SUBQ(operand.U8(lanes), left)
	e.JMP(operand.LabelRef("turn"))
}

func (e emitter) lastTurn(left reg.Register, tail operand.Mem, add addTurn) {
	e.Label("tail")
	masks := e.GP64()
	e.LEAQ(tail.Offset(4*lanes), masks)
	e.SHLQ(operand.U8(2), left)
	e.SUBQ(left, masks)
	add(func(from operand.Mem, vector int) reg.VecVirtual {
		mask, v := e.XMM(), e.YMM()
		e.VMOVDQU(operand.Mem{Base: masks, Disp: 4 * perYMM * vector}, mask)
		e.VMASKMOVPS(from, mask, v.AsX())
		e.VCVTPS2PD(v.AsX(), v)
		return v
	})
}
