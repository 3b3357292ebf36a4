package kernels

import "math"

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
