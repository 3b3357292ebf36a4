package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A stream is a slice parameter and the format of its elements.
type stream struct {
	param  string
	format format
}

// A body computes 8 results from 8 elements of each input, which it may destroy.
type body func(in []reg.VecVirtual) reg.VecVirtual

// An elementwise kernel applies a body all along its streams. Before that, setup
// fills the registers that the body holds throughout.
type elementwise struct {
	name, signature string
	length          string // parameter whose length counts the elements
	dst             stream
	from            []stream
	setup           func() body
}

func (e emitter) elementwise(k elementwise) {
	e.begin(k.name, k.signature)
	bases := map[string]reg.Register{}
	for _, s := range append(k.from, k.dst) {
		if bases[s.param] == nil {
			bases[s.param] = e.Load(e.Param(s.param).Base(), e.GP64())
		}
	}
	left := e.Load(e.Param(k.length).Len(), e.GP64())
	compute := k.setup()
	e.steps(left, []int{4 * vector, vector, 1}, func(step int, at reg.Register) {
		count := min(step, vector)
		for i := 0; i < step; i += count {
			in := make([]reg.VecVirtual, len(k.from))
			for j, s := range k.from {
				in[j] = s.format.load(e, count, element(bases[s.param], at, i, s.format.size))
			}
			k.dst.format.store(e, count, compute(in), element(bases[k.dst.param], at, i, k.dst.format.size))
		}
	})
	e.end()
}

func element(base, at reg.Register, distance, size int) operand.Mem {
	return operand.Mem{Base: base, Index: at, Scale: uint8(size), Disp: distance * size}
}

// steps walks the elements left, from index 0, in strides that become smaller
// when too few are left; the last is 1.
func (e emitter) steps(left reg.Register, strides []int, emit func(step int, at reg.Register)) {
	at := e.GP64()
	e.XORQ(at, at)
	for _, step := range strides {
		label, end := numbered("by", step), numbered("end", step)
		e.Label(label)
		e.CMPQ(left, operand.U8(step))
		e.JL(operand.LabelRef(end))
		emit(step, at)
		e.ADDQ(operand.U8(step), at)
		e.SUBQ(operand.U8(step), left)
		e.JMP(operand.LabelRef(label))
		e.Label(end)
	}
}
