package main

import (
	"fmt"
	"math/bits"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

const (
	rows   = 6  // 6 rows of 2 registers: 12 of the 16 hold sums
	vector = 32 // bytes of a register
	unroll = 4  // rows of b a turn of the loop
)

// element is what differs between the types of elements.
type element struct {
	name                       string
	bytes                      int
	broadcast, move, plus, fma func(...Op)
}

// tile generates a kernel that multiplies 6 rows of a by a packed panel of b,
// two registers wide.
func tile(name string, e element) {
	TEXT(name, NOSPLIT, fmt.Sprintf("func(k int, a *%[1]s, lda int, b, c *%[1]s, ldc int, add bool)", e.name))
	Doc(fmt.Sprintf("%s sets or adds to the %d×%d tile c the product of %d rows of a and the packed panel b [k, %d].",
		name, rows, 2*vector/e.bytes, rows, 2*vector/e.bytes))
	Pragma("noescape")
	sums := zeroSums()
	multiply(e, sums)
	store(e, sums)
	RET()
}

func zeroSums() (sums [rows][2]VecVirtual) {
	for i := range sums {
		for h := range sums[i] {
			sums[i][h] = YMM()
			VXORPS(sums[i][h], sums[i][h], sums[i][h])
		}
	}
	return sums
}

// multiply adds a·b to the sums, unroll rows of b at a time, then singly.
func multiply(e element, sums [rows][2]VecVirtual) {
	k := Load(Param("k"), GP64())
	a := threeRows(e, "a", "lda")
	b := Load(Param("b"), GP64())

	Label("unrolled")
	CMPQ(k, Imm(unroll))
	JL(LabelRef("single"))
	for u := range unroll {
		step(e, sums, a, Mem{Base: b, Disp: 2 * vector * u}, u)
	}
	ADDQ(U32(unroll*e.bytes), a[0].Base)
	ADDQ(U32(unroll*e.bytes), a[3].Base)
	ADDQ(U32(unroll*2*vector), b)
	SUBQ(Imm(unroll), k)
	JMP(LabelRef("unrolled"))

	Label("single")
	TESTQ(k, k)
	JE(LabelRef("done"))
	step(e, sums, a, Mem{Base: b}, 0)
	ADDQ(U32(e.bytes), a[0].Base)
	ADDQ(U32(e.bytes), a[3].Base)
	ADDQ(U32(2*vector), b)
	DECQ(k)
	JMP(LabelRef("single"))
	Label("done")
}

// step adds one row of b, times column u of a, to the sums.
func step(e element, sums [rows][2]VecVirtual, a [rows]Mem, b Mem, u int) {
	b0, b1, x := YMM(), YMM(), YMM()
	e.move(b, b0)
	e.move(b.Offset(vector), b1)
	for i := range rows {
		e.broadcast(a[i].Offset(u*e.bytes), x)
		e.fma(b0, x, sums[i][0])
		e.fma(b1, x, sums[i][1])
	}
}

// threeRows addresses 6 rows with two base registers: 0 and 3, each followed by
// one and two steps.
func threeRows(e element, base, step string) (at [rows]Mem) {
	first := Load(Param(base), GP64())
	stride := Load(Param(step), GP64())
	SHLQ(U8(bits.TrailingZeros(uint(e.bytes))), stride)
	fourth := GP64()
	LEAQ(Mem{Base: first, Index: stride, Scale: 2}, fourth)
	ADDQ(stride, fourth)
	for i, r := range [2]Register{first, fourth} {
		at[3*i] = Mem{Base: r}
		at[3*i+1] = Mem{Base: r, Index: stride, Scale: 1}
		at[3*i+2] = Mem{Base: r, Index: stride, Scale: 2}
	}
	return at
}

// store sets c to the sums, or adds them to it.
func store(e element, sums [rows][2]VecVirtual) {
	c := threeRows(e, "c", "ldc")
	add := Load(Param("add"), GP8())
	TESTB(add, add)
	JE(LabelRef("set"))
	for i, row := range sums {
		for h, sum := range row {
			e.plus(c[i].Offset(h*vector), sum, sum)
		}
	}
	Label("set")
	for i, row := range sums {
		for h, sum := range row {
			e.move(sum, c[i].Offset(h*vector))
		}
	}
	VZEROUPPER()
}
