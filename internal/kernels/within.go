package kernels

import "math"

// within writes to dst the magnitudes of x from low to high, in their order, and
// returns their number and that of the magnitudes above high. dst must have room for
// len(x) + withinSlack elements; those after the ones written are undefined. It may
// begin where x does.
func within(dst, x []float32, low, high uint32) (inside, above int) {
	for _, v := range x {
		m := math.Float32bits(v) & magnitudeBits
		dst[inside] = math.Float32frombits(m) // stepped over if it belongs there: a branch would be mispredicted
		inside += 1 - int((uint64(high-low)-uint64(m-low))>>63)
		above += int((uint64(high) - uint64(m)) >> 63)
	}
	return inside, above
}

// withinSlack is how many elements a loop may write beyond those that it gathers.
const withinSlack = 8

// magnitude is |v|, NaN with its payload.
func magnitude(v float32) float32 { return math.Float32frombits(math.Float32bits(v) & magnitudeBits) }
