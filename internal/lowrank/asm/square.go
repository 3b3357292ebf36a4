package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

const (
	side = 8        // rows and columns of a tile, and the width of a panel
	half = side / 2 // rows at a time: 8 registers of sums keep both multipliers busy
)

// square generates the kernel of Gram matrices: both operands are packed panels.
func square() {
	TEXT("square8", NOSPLIT, "func(k int, a, b, c *float64, ldc int)")
	Doc("square8 adds to the 8×8 tile c the product of the transpose of panel a [k, 8] and panel b [k, 8].")
	Pragma("noescape")
	a, b, c := Load(Param("a"), GP64()), Load(Param("b"), GP64()), Load(Param("c"), GP64())
	ldc := Load(Param("ldc"), GP64())
	SHLQ(U8(3), ldc)
	for h := range 2 {
		squareHalf(h, a, b, c, ldc)
	}
	VZEROUPPER()
	RET()
}

// squareWide generates the same for AVX-512: a tile is 8 registers.
func squareWide() {
	TEXT("square8wide", NOSPLIT, "func(k int, a, b, c *float64, ldc int)")
	Doc("square8wide is square8 for AVX-512.")
	Pragma("noescape")
	a, b, c := Load(Param("a"), GP64()), Load(Param("b"), GP64()), Load(Param("c"), GP64())
	ldc, k := Load(Param("ldc"), GP64()), Load(Param("k"), GP64())
	SHLQ(U8(3), ldc)
	var sums [side]VecVirtual
	for i := range sums {
		sums[i] = ZMM()
		VPXORQ(sums[i], sums[i], sums[i])
	}
	row := func(u int) {
		v := ZMM()
		VMOVUPD(Mem{Base: b, Disp: 8 * side * u}, v)
		for i := range sums {
			VFMADD231PD_BCST(Mem{Base: a, Disp: 8*side*u + 8*i}, v, sums[i])
		}
	}
	Label("unrolled")
	CMPQ(k, Imm(unroll))
	JL(LabelRef("single"))
	for u := range unroll {
		row(u)
	}
	ADDQ(U32(8*side*unroll), a)
	ADDQ(U32(8*side*unroll), b)
	SUBQ(Imm(unroll), k)
	JMP(LabelRef("unrolled"))
	Label("single")
	TESTQ(k, k)
	JE(LabelRef("done"))
	row(0)
	ADDQ(U32(8*side), a)
	ADDQ(U32(8*side), b)
	DECQ(k)
	JMP(LabelRef("single"))
	Label("done")
	for i := range sums {
		VADDPD(Mem{Base: c}, sums[i], sums[i])
		VMOVUPD(sums[i], Mem{Base: c})
		ADDQ(ldc, c)
	}
	VZEROUPPER()
	RET()
}

func squareHalf(h int, a, b, c, ldc Register) {
	var sums [half][2]VecVirtual
	for i := range sums {
		for j := range sums[i] {
			sums[i][j] = YMM()
			VXORPD(sums[i][j], sums[i][j], sums[i][j])
		}
	}
	k, x, y := Load(Param("k"), GP64()), GP64(), GP64()
	MOVQ(a, x)
	MOVQ(b, y)
	if h > 0 {
		ADDQ(U32(8*half*h), x)
	}
	unrolled, single, done := label("unrolled", h), label("single", h), label("done", h)
	row := func(u int) {
		b0, b1, v := YMM(), YMM(), YMM()
		VMOVUPD(Mem{Base: y, Disp: 8 * side * u}, b0)
		VMOVUPD(Mem{Base: y, Disp: 8*side*u + vector}, b1)
		for i := range half {
			VBROADCASTSD(Mem{Base: x, Disp: 8*side*u + 8*i}, v)
			VFMADD231PD(b0, v, sums[i][0])
			VFMADD231PD(b1, v, sums[i][1])
		}
	}
	Label(unrolled)
	CMPQ(k, Imm(unroll))
	JL(LabelRef(single))
	for u := range unroll {
		row(u)
	}
	ADDQ(U32(8*side*unroll), x)
	ADDQ(U32(8*side*unroll), y)
	SUBQ(Imm(unroll), k)
	JMP(LabelRef(unrolled))
	Label(single)
	TESTQ(k, k)
	JE(LabelRef(done))
	row(0)
	ADDQ(U32(8*side), x)
	ADDQ(U32(8*side), y)
	DECQ(k)
	JMP(LabelRef(single))
	Label(done)
	for i := range sums {
		for j, sum := range sums[i] {
			VADDPD(Mem{Base: c, Disp: j * vector}, sum, sum)
			VMOVUPD(sum, Mem{Base: c, Disp: j * vector})
		}
		ADDQ(ldc, c)
	}
}

func label(name string, h int) string { return name + string(rune('0'+h)) }
