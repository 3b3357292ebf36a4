package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// vector is how many float32 a YMM register holds.
const vector = 8

// A format says how count numbers, 8 or 1, get from memory into a vector of
// float32, with zeros above them, and back.
type format struct {
	size  int // bytes
	load  func(e emitter, count int, from operand.Mem) reg.VecVirtual
	store func(e emitter, count int, v reg.VecVirtual, to operand.Mem)
}

var (
	float32s  = format{4, loadF32, storeF32}
	bfloat16s = format{2, loadBF16, storeBF16}
	float16s  = format{2, loadF16, storeF16}
	float64s  = format{8, loadF64, storeF64}
)

func loadF32(e emitter, count int, from operand.Mem) reg.VecVirtual {
	v := e.YMM()
	if count == 1 {
		e.VMOVSS(from, v.AsX())
	} else {
		e.VMOVUPS(from, v)
	}
	return v
}

func storeF32(e emitter, count int, v reg.VecVirtual, to operand.Mem) {
	if count == 1 {
		e.VMOVSS(v.AsX(), to)
	} else {
		e.VMOVUPS(v, to)
	}
}

func loadBF16(e emitter, count int, from operand.Mem) reg.VecVirtual {
	v := e.YMM()
	if count == 1 {
		e.load16(from, v)
	} else {
		e.VPMOVZXWD(from, v)
	}
	e.VPSLLD(operand.U8(16), v, v)
	return v
}

// storeBF16 stores the lower half of each lane.
func storeBF16(e emitter, count int, v reg.VecVirtual, to operand.Mem) {
	if count == 1 {
		e.VPEXTRW(operand.U8(0), v.AsX(), to)
		return
	}
	upper := e.XMM()
	e.VEXTRACTI128(operand.U8(1), v, upper)
	e.VPACKUSDW(upper, v.AsX(), upper)
	e.VMOVDQU(upper, to)
}

func loadF16(e emitter, count int, from operand.Mem) reg.VecVirtual {
	v := e.YMM()
	if count == 1 {
		e.load16(from, v)
		e.VCVTPH2PS(v.AsX(), v.AsX())
	} else {
		e.VCVTPH2PS(from, v)
	}
	return v
}

func storeF16(e emitter, count int, v reg.VecVirtual, to operand.Mem) {
	const nearestEven = operand.U8(0)
	if count == 1 {
		e.VCVTPS2PH(nearestEven, v.AsX(), v.AsX())
		e.VPEXTRW(operand.U8(0), v.AsX(), to)
	} else {
		e.VCVTPS2PH(nearestEven, v, to)
	}
}

func loadF64(e emitter, count int, from operand.Mem) reg.VecVirtual {
	v := e.YMM()
	if count == 1 {
		e.VMOVSD(from, v.AsX())
		e.VCVTPD2PSX(v.AsX(), v.AsX())
		return v
	}
	upper := e.XMM()
	e.VCVTPD2PSY(from, v.AsX())
	e.VCVTPD2PSY(from.Offset(32), upper)
	e.VINSERTF128(operand.U8(1), upper, v, v)
	return v
}

func storeF64(e emitter, count int, v reg.VecVirtual, to operand.Mem) {
	if count == 1 {
		e.VCVTPS2PD(v.AsX(), v.AsX())
		e.VMOVSD(v.AsX(), to)
		return
	}
	lower, upper := e.YMM(), e.YMM()
	e.VEXTRACTF128(operand.U8(1), v, upper.AsX())
	e.VCVTPS2PD(v.AsX(), lower)
	e.VCVTPS2PD(upper.AsX(), upper)
	e.VMOVUPD(lower, to)
	e.VMOVUPD(upper, to.Offset(32))
}

func (e emitter) load16(from operand.Mem, v reg.VecVirtual) {
	bits := e.GP32()
	e.MOVWLZX(from, bits)
	e.VMOVD(bits, v.AsX())
}
