package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// chain generates a kernel that rotates row 0 with row 1, then row 1 with row 2 and so on. What a rotation leaves of its second row is the first of
// the next, and stays in registers. Products are rounded before they are added, as Go does.
func chain() {
	const registers, step = 4, 4 * vector
	TEXT("chain16", NOSPLIT, "func(n int, x, c, s *float64)")
	Doc("chain16 applies n rotations to n+1 rows x of 16 columns.")
	Pragma("noescape")
	n, x := Load(Param("n"), GP64()), Load(Param("x"), GP64())
	cs, sn := Load(Param("c"), GP64()), Load(Param("s"), GP64())
	first := make([]VecVirtual, registers)
	for i := range first {
		first[i] = YMM()
		VMOVUPD(Mem{Base: x, Disp: i * vector}, first[i])
	}
	Label("next")
	TESTQ(n, n)
	JE(LabelRef("done"))
	c, s := YMM(), YMM()
	VBROADCASTSD(Mem{Base: cs}, c)
	VBROADCASTSD(Mem{Base: sn}, s)
	for i := range first {
		second, up, down := YMM(), YMM(), YMM()
		VMOVUPD(Mem{Base: x, Disp: step + i*vector}, second)
		VMULPD(c, first[i], up)
		VMULPD(s, second, down)
		VADDPD(down, up, up)
		VMOVUPD(up, Mem{Base: x, Disp: i * vector})
		VMULPD(c, second, second)
		VMULPD(s, first[i], first[i])
		VSUBPD(first[i], second, first[i])
	}
	ADDQ(U32(step), x)
	ADDQ(U32(8), cs)
	ADDQ(U32(8), sn)
	DECQ(n)
	JMP(LabelRef("next"))
	Label("done")
	for i := range first {
		VMOVUPD(first[i], Mem{Base: x, Disp: i * vector})
	}
	VZEROUPPER()
	RET()
}
