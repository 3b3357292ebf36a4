package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const sliceHeader = 24 // bytes: pointer, length, capacity

// combine keeps the sums of a stretch of elements in registers while it goes
// through the inputs, so that dst is written once.
func (e emitter) combine() {
	e.begin("combineAVX2", "func(dst []float32, xs [][]float32, ws []float32)")
	dst := e.Load(e.Param("dst").Base(), e.GP64())
	left := e.Load(e.Param("dst").Len(), e.GP64())
	e.steps(left, []int{8 * vector, vector, 1}, func(step int, at reg.Register) {
		count := min(step, vector)
		for i, total := range e.weightedSums(step, at) {
			float32s.store(e, count, total, element(dst, at, i*count, 4))
		}
	})
	e.end()
}

func (e emitter) weightedSums(step int, at reg.Register) []reg.VecVirtual {
	count := min(step, vector)
	totals := e.neutral(step / count)
	ws := e.Load(e.Param("ws").Base(), e.GP64())
	e.eachInput(numbered("input", step), func(x, input reg.Register) {
		weight := e.YMM()
		e.VBROADCASTSS(element(ws, input, 0, 4), weight)
		for i, total := range totals {
			product := float32s.load(e, count, element(x, at, i*count, 4))
			e.VMULPS(weight, product, product)
			e.VADDPS(product, total, total)
		}
	})
	return totals
}

// neutral returns n vectors of −0, to which every number can be added without a
// change, −0 included.
func (e emitter) neutral(n int) []reg.VecVirtual {
	vectors := make([]reg.VecVirtual, n)
	for i := range vectors {
		vectors[i] = e.constant(signBit)
	}
	return vectors
}

// eachInput emits a loop over the parameter xs, which is not empty. x points to
// the elements of an input.
func (e emitter) eachInput(label string, visit func(x, input reg.Register)) {
	header := e.Load(e.Param("xs").Base(), e.GP64())
	inputs, err := e.Param("xs").Len().Resolve()
	if err != nil {
		panic(err)
	}
	x, input := e.GP64(), e.GP64()
	e.XORQ(input, input)
	e.Label(label)
	e.MOVQ(operand.Mem{Base: header}, x)
	visit(x, input)
	e.ADDQ(operand.U8(sliceHeader), header)
	e.INCQ(input)
	e.CMPQ(input, inputs.Addr)
	e.JL(operand.LabelRef(label))
}
