package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// packs generates what brings float32 to panels of float64, from either order in memory.
func packs() {
	packAlong()
	packAcross()
}

// packAlong copies rows of 8 contiguous elements.
func packAlong() {
	TEXT("packAlong", NOSPLIT, "func(n int, dst *float64, x *float32, step int)")
	Doc("packAlong sets panel dst [n, 8] to n rows of 8 elements, step elements apart.")
	Pragma("noescape")
	n, dst, x := Load(Param("n"), GP64()), Load(Param("dst"), GP64()), Load(Param("x"), GP64())
	step := Load(Param("step"), GP64())
	SHLQ(U8(2), step)
	Label("next")
	TESTQ(n, n)
	JE(LabelRef("done"))
	for h := range 2 {
		wide := YMM()
		VCVTPS2PD(Mem{Base: x, Disp: 16 * h}, wide)
		VMOVUPD(wide, Mem{Base: dst, Disp: vector * h})
	}
	ADDQ(step, x)
	ADDQ(U32(8*side), dst)
	DECQ(n)
	JMP(LabelRef("next"))
	Label("done")
	VZEROUPPER()
	RET()
}

// packAcross transposes 4 rows, 4 elements at a time.
func packAcross() {
	TEXT("packAcross", NOSPLIT, "func(n int, dst *float64, x *float32, step int)")
	Doc("packAcross sets half of a panel dst [4n, 8] to the transpose of 4 rows of 4n elements, step elements apart.")
	Pragma("noescape")
	n, dst, x := Load(Param("n"), GP64()), Load(Param("dst"), GP64()), Load(Param("x"), GP64())
	step, three := Load(Param("step"), GP64()), GP64()
	SHLQ(U8(2), step)
	LEAQ(Mem{Base: step, Index: step, Scale: 2}, three)
	Label("next")
	TESTQ(n, n)
	JE(LabelRef("done"))
	var rows [4]VecVirtual
	for i, at := range []Mem{{Base: x}, {Base: x, Index: step, Scale: 1}, {Base: x, Index: step, Scale: 2}, {Base: x, Index: three, Scale: 1}} {
		rows[i] = XMM()
		VMOVUPS(at, rows[i])
	}
	// Pairs of elements of rows 0 and 1, and of rows 2 and 3; then all four.
	low01, high01, low23, high23 := XMM(), XMM(), XMM(), XMM()
	VUNPCKLPS(rows[1], rows[0], low01)
	VUNPCKHPS(rows[1], rows[0], high01)
	VUNPCKLPS(rows[3], rows[2], low23)
	VUNPCKHPS(rows[3], rows[2], high23)
	columns := [4]VecVirtual{XMM(), XMM(), XMM(), XMM()}
	VUNPCKLPD(low23, low01, columns[0])
	VUNPCKHPD(low23, low01, columns[1])
	VUNPCKLPD(high23, high01, columns[2])
	VUNPCKHPD(high23, high01, columns[3])
	for j, column := range columns {
		wide := YMM()
		VCVTPS2PD(column, wide)
		VMOVUPD(wide, Mem{Base: dst, Disp: 8 * side * j})
	}
	ADDQ(U32(16), x)
	ADDQ(U32(4*8*side), dst)
	DECQ(n)
	JMP(LabelRef("next"))
	Label("done")
	VZEROUPPER()
	RET()
}
