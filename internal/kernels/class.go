package kernels

// A class is one implementation of the innermost loops. All classes give the
// same bits; they differ in speed alone. Lengths are checked by the callers.
type class struct {
	name string

	decodeBF16, decodeF16, decodeF32, decodeF64 func(dst []float32, src []byte)
	encodeBF16, encodeF16, encodeF32, encodeF64 func(dst []byte, src []float32)

	maxMagnitude func(x []float32) uint32

	scale, addScaled, divide func(dst, x []float32, a float32)
	combine                  func(dst []float32, xs [][]float32, ws []float32)
	trim                     func(dst, x []float32, least uint32)

	addSigns   func(votes, x []float32)
	signTotal  func(votes []float32) int
	breakTies  func(votes []float32, sign float32)
	agree      func(dst, x, votes []float32)
	addNonzero func(total, x []float32, w float32)
	quotient   func(dst, total []float32)
	elect      func(sum, total []float32, xs [][]float32, least []uint32,
		votes, weights, shares []float32, tie float32)

	mask     func(dst, x []float32, words []uint32, keepBelow uint32, scale float32)
	chance   func(words *[period]uint32, seed *[8]uint32)
	countBin func(fine *[fineBins]uint64, x []float32, coarse uint32)
	within   func(dst, x []float32, low, high uint32) (inside, above int)

	sumAbs func(lane *[lanes]float64, x []float32)
	dot    func(lane *[lanes]float64, x, y []float32)
}

var portable = class{
	name: "portable",

	decodeBF16: decodeBF16, decodeF16: decodeF16, decodeF32: decodeF32, decodeF64: decodeF64,
	encodeBF16: encodeBF16, encodeF16: encodeF16, encodeF32: encodeF32, encodeF64: encodeF64,

	maxMagnitude: maxMagnitude,

	scale: scale, addScaled: addScaled, divide: divide, trim: trim,
	combine: combine,

	addSigns: addSigns, signTotal: signTotal, breakTies: breakTies, agree: agree,
	addNonzero: addNonzero, quotient: quotient, elect: elect,

	mask: mask, chance: chance, countBin: countBin, within: within,

	sumAbs: sumAbs, dot: dot,
}

// current is chosen once, when the program starts.
var current = fastest()
