package kernels

import "math/bits"

// period is how many 64-bit numbers the generator ChaCha8Rand
// (https://c2sp.org/chacha8rand) yields from one seed: 16 blocks of 8, of which
// the last 4 are the next seed.
const period = 16*8 - 4

// chance sets words to the upper halves of the numbers of one seed, and seed to
// the next one.
//
// Four blocks are interleaved: number 2·row + j of a group is the row's word of
// block 2j below the one of block 2j + 1. So upper halves come from odd blocks,
// and even ones matter only for the next seed.
func chance(words *[period]uint32, seed *[8]uint32) {
	var next [8]uint32
	for _, counter := range []int{1, 3, 5, 7, 9, 11, 12, 13, 14, 15} {
		block := chacha8(seed, uint32(counter))
		if counter >= 12 {
			next[counter-12], next[counter-8] = block[14], block[15]
		}
		if counter%2 == 0 {
			continue
		}
		for row, word := range block {
			if at := counter/4*32 + 2*row + counter/2%2; at < period {
				words[at] = word
			}
		}
	}
	*seed = next
}

// chacha8 is the block function of ChaCha (RFC 8439, 2.3) with 8 rounds, a nonce
// of 0, and the input added to the key's rows only.
func chacha8(key *[8]uint32, counter uint32) [16]uint32 {
	x := [16]uint32{0: 0x61707865, 1: 0x3320646e, 2: 0x79622d32, 3: 0x6b206574, 12: counter}
	copy(x[4:], key[:])
	for range 4 {
		x[0], x[4], x[8], x[12] = quarterRound(x[0], x[4], x[8], x[12])
		x[1], x[5], x[9], x[13] = quarterRound(x[1], x[5], x[9], x[13])
		x[2], x[6], x[10], x[14] = quarterRound(x[2], x[6], x[10], x[14])
		x[3], x[7], x[11], x[15] = quarterRound(x[3], x[7], x[11], x[15])

		x[0], x[5], x[10], x[15] = quarterRound(x[0], x[5], x[10], x[15])
		x[1], x[6], x[11], x[12] = quarterRound(x[1], x[6], x[11], x[12])
		x[2], x[7], x[8], x[13] = quarterRound(x[2], x[7], x[8], x[13])
		x[3], x[4], x[9], x[14] = quarterRound(x[3], x[4], x[9], x[14])
	}
	for i, word := range key {
		x[4+i] += word
	}
	return x
}

func quarterRound(a, b, c, d uint32) (uint32, uint32, uint32, uint32) {
	a += b
	d = bits.RotateLeft32(d^a, 16)
	c += d
	b = bits.RotateLeft32(b^c, 12)
	a += b
	d = bits.RotateLeft32(d^a, 8)
	c += d
	b = bits.RotateLeft32(b^c, 7)
	return a, b, c, d
}
