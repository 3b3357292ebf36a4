package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A cipher runs the rounds of ChaCha8 on several blocks, one in each lane of 16
// vectors, its rows. There are 16 registers, and a rotation needs one more. So two
// of the rows 8 to 11, which no two quarter rounds in a row need all of, wait
// in memory.
type cipher struct {
	emitter
	vector            func() reg.VecVirtual
	rows              [16]reg.VecVirtual
	waiting           operand.Mem // rows 8 to 11
	rotate16, rotate8 operand.Mem
}

// chance takes the words from the odd blocks in 8 lanes, and the next seed from
// the last four blocks in 4 lanes.
func (e emitter) chance() {
	rotate16 := e.shuffle("rotate16", []byte{2, 3, 0, 1})
	rotate8 := e.shuffle("rotate8", []byte{3, 0, 1, 2})
	odd := e.words("oddBlocks", 1, 3, 5, 7, 9, 11, 13, 15)
	last := e.words("lastBlocks", 12, 13, 14, 15)
	e.begin("chanceAVX2", "func(words *[124]uint32, seed *[8]uint32)")
	words := e.Load(e.Param("words"), e.GP64())
	seed := e.Load(e.Param("seed"), e.GP64())
	waiting := e.AllocLocal(4 * 32)

	wide := cipher{emitter: e, vector: e.YMM, waiting: waiting, rotate16: rotate16, rotate8: rotate8}
	wide.run(seed, odd)
	wide.storeWords(words, seed)

	narrow := wide
	narrow.vector = e.XMM
	narrow.run(seed, last)
	e.VMOVDQU(narrow.rows[14], operand.Mem{Base: seed})
	e.VMOVDQU(narrow.rows[15], operand.Mem{Base: seed, Disp: 16})
	e.end()
}

// shuffle is a table for VPSHUFB that applies the order to each 4 bytes.
func (e emitter) shuffle(name string, order []byte) operand.Mem {
	var words []uint32
	for i := range uint32(8) {
		word := uint32(0)
		for b, from := range order {
			word |= (i%4*4 + uint32(from)) << (8 * b)
		}
		words = append(words, word)
	}
	return e.words(name, words...)
}

func (e emitter) words(name string, words ...uint32) operand.Mem {
	table := e.StaticGlobal(name)
	e.DataAttributes(attr.RODATA | attr.NOPTR)
	for _, word := range words {
		e.AppendDatum(operand.U32(word))
	}
	return table
}

func (c *cipher) run(seed reg.Register, counters operand.Mem) {
	for i, word := range []uint32{0x61707865, 0x3320646e, 0x79622d32, 0x6b206574} {
		bits := c.GP32()
		c.rows[i] = c.vector()
		c.MOVL(operand.U32(word), bits)
		c.VMOVD(bits, c.rows[i].AsX())
		c.VPBROADCASTD(c.rows[i].AsX(), c.rows[i])
	}
	for i := range 8 {
		c.rows[4+i] = c.vector()
		c.VPBROADCASTD(operand.Mem{Base: seed, Disp: 4 * i}, c.rows[4+i])
	}
	c.put(10, 11)
	c.rows[12] = c.vector()
	c.VMOVDQU(counters, c.rows[12])
	for i := 13; i < 16; i++ {
		c.rows[i] = c.vector()
		c.VPXOR(c.rows[i], c.rows[i], c.rows[i])
	}
	for range 4 {
		c.doubleRound()
	}
}

// doubleRound finds rows 8 and 9 in registers, and leaves them there.
func (c *cipher) doubleRound() {
	c.quarterRound(0, 4, 8, 12)
	c.quarterRound(1, 5, 9, 13)
	c.put(8, 9)
	c.take(10, 11)
	c.quarterRound(2, 6, 10, 14)
	c.quarterRound(3, 7, 11, 15)
	c.quarterRound(0, 5, 10, 15)
	c.quarterRound(1, 6, 11, 12)
	c.put(10, 11)
	c.take(8, 9)
	c.quarterRound(2, 7, 8, 13)
	c.quarterRound(3, 4, 9, 14)
}

func (c *cipher) put(rows ...int) {
	for _, i := range rows {
		c.VMOVDQU(c.rows[i], c.waiting.Offset(32*(i-8)))
	}
}

func (c *cipher) take(rows ...int) {
	for _, i := range rows {
		c.rows[i] = c.vector()
		c.VMOVDQU(c.waiting.Offset(32*(i-8)), c.rows[i])
	}
}

func (c *cipher) quarterRound(i, j, k, l int) {
	w, x, y, z := c.rows[i], c.rows[j], c.rows[k], c.rows[l]
	c.VPADDD(x, w, w)
	c.VPXOR(w, z, z)
	c.VPSHUFB(c.rotate16, z, z)
	c.VPADDD(z, y, y)
	c.VPXOR(y, x, x)
	c.rotate(x, 12)
	c.VPADDD(x, w, w)
	c.VPXOR(w, z, z)
	c.VPSHUFB(c.rotate8, z, z)
	c.VPADDD(z, y, y)
	c.VPXOR(y, x, x)
	c.rotate(x, 7)
}

func (c *cipher) rotate(v reg.VecVirtual, n int) {
	upper := c.vector()
	c.VPSLLD(operand.U8(n), v, upper)
	c.VPSRLD(operand.U8(32-n), v, v)
	c.VPOR(upper, v, v)
}

// storeWords writes two rows of all blocks at a time. A pair of blocks makes a
// group of 32 words, 2 of each row. The last two rows of the last group are not
// words but the seed.
func (c *cipher) storeWords(words, seed reg.Register) {
	for row := 0; row < 16; row += 2 {
		if row == 10 {
			c.take(10, 11)
		}
		if row >= 4 && row < 12 {
			c.addSeed(row, seed)
			c.addSeed(row+1, seed)
		}
		for half := range 2 { // groups 0 and 2, then groups 1 and 3
			v := c.vector()
			if half == 0 {
				c.VPUNPCKLQDQ(c.rows[row+1], c.rows[row], v)
			} else {
				c.VPUNPCKHQDQ(c.rows[row+1], c.rows[row], v)
			}
			to := operand.Mem{Base: words, Disp: 4 * (32*half + 2*row)}
			c.VMOVDQU(v.AsX(), to)
			if row < 14 || half == 0 {
				c.VEXTRACTI128(operand.U8(1), v, to.Offset(4*64))
			}
		}
	}
}

func (c *cipher) addSeed(row int, seed reg.Register) {
	word := c.vector()
	c.VPBROADCASTD(operand.Mem{Base: seed, Disp: 4 * (row - 4)}, word)
	c.VPADDD(word, c.rows[row], c.rows[row])
}
