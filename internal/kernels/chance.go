package kernels

import "encoding/binary"

// Chance is a stream of random words for [Mask]: the words that
// rand.New(rand.NewChaCha8(seed)).Uint32() of math/rand/v2 yields one after the
// other. Give every tensor a seed of its own, and no mask depends on another.
type Chance struct {
	seed  [8]uint32
	words [period]uint32
	used  int
}

// NewChance returns the stream of the seed, at its beginning.
func NewChance(seed [32]byte) *Chance {
	c := &Chance{used: period}
	for i := range c.seed {
		c.seed[i] = binary.LittleEndian.Uint32(seed[4*i:])
	}
	return c
}

// Fill sets words to the next len(words) words of the stream.
func (c *Chance) Fill(words []uint32) {
	c.fill(words, current.chance)
}

func (c *Chance) fill(words []uint32, next func(*[period]uint32, *[8]uint32)) {
	n := copy(words, c.words[c.used:])
	c.used += n
	words = words[n:]
	for len(words) >= period {
		next((*[period]uint32)(words), &c.seed)
		words = words[period:]
	}
	if len(words) > 0 {
		next(&c.words, &c.seed)
		c.used = copy(words, c.words[:])
	}
}
