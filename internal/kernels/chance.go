package kernels

import (
	"encoding/binary"
	"math"
)

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

// Mask is DARE's drop at random (arXiv:2311.03099, equation 2): dst is
// scale·xᵢ where words[i] < keepBelow, and +0 elsewhere. For a density d,
// keepBelow is d·2³² and scale commonly 1/d; a keepBelow of 2³² keeps everything. A
// scale of 1 keeps the bits of every number.
func Mask(dst, x []float32, words []uint32, keepBelow uint64, scale float32) {
	mustMatch("Mask", len(dst), len(x), len(words))
	if keepBelow > math.MaxUint32 {
		current.scale(dst, x, scale)
		return
	}
	current.mask(dst, x, words, uint32(keepBelow), scale)
}

func mask(dst, x []float32, words []uint32, keepBelow uint32, scale float32) {
	dst, words = dst[:len(x)], words[:len(x)]
	for i, v := range x {
		kept := uint32((int64(words[i]) - int64(keepBelow)) >> 63)
		dst[i] = math.Float32frombits(math.Float32bits(scale*v) & kept)
	}
}
