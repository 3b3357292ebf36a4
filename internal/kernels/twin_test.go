package kernels

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// A twinKernel runs one loop of a class over what in holds. An arithmetic loop
// may give another NaN for a NaN, the others must not.
type twinKernel struct {
	name       string
	arithmetic bool
	run        func(c *class, in *twinInput)
}

var twinKernels = []twinKernel{
	{"decodeBF16", false, func(c *class, in *twinInput) { c.decodeBF16(in.dst, in.bytes[:2*in.n]) }},
	{"decodeF16", false, func(c *class, in *twinInput) { c.decodeF16(in.dst, in.bytes[:2*in.n]) }},
	{"decodeF32", false, func(c *class, in *twinInput) { c.decodeF32(in.dst, in.bytes[:4*in.n]) }},
	{"decodeF64", false, func(c *class, in *twinInput) { c.decodeF64(in.dst, in.bytes[:8*in.n]) }},
	{"encodeBF16", false, func(c *class, in *twinInput) { c.encodeBF16(in.bytes[:2*in.n], in.xs[0]) }},
	{"encodeF16", false, func(c *class, in *twinInput) { c.encodeF16(in.bytes[:2*in.n], in.xs[0]) }},
	{"encodeF32", false, func(c *class, in *twinInput) { c.encodeF32(in.bytes[:4*in.n], in.xs[0]) }},
	{"encodeF64", false, func(c *class, in *twinInput) { c.encodeF64(in.bytes[:8*in.n], in.xs[0]) }},
	{"maxMagnitude", false, func(c *class, in *twinInput) { in.words[0] = c.maxMagnitude(in.xs[0]) }},
	{"scale", true, func(c *class, in *twinInput) { c.scale(in.dst, in.xs[0], in.ws[0]) }},
	{"addScaled", true, func(c *class, in *twinInput) { c.addScaled(in.dst, in.xs[0], in.ws[0]) }},
	{"divide", true, func(c *class, in *twinInput) { c.divide(in.dst, in.xs[0], in.ws[0]) }},
	{"combine", true, func(c *class, in *twinInput) { c.combine(in.dst, in.xs, in.ws) }},
	{"combine one", true, func(c *class, in *twinInput) { c.combine(in.dst, in.xs[:1], in.ws[:1]) }},
	{"trim", false, func(c *class, in *twinInput) { c.trim(in.dst, in.xs[0], leastMagnitude(in.ws[1])) }},
	{"addSigns", true, func(c *class, in *twinInput) { c.addSigns(in.dst, in.xs[0]) }},
	{"signTotal", false, func(c *class, in *twinInput) { in.words[0] = uint32(c.signTotal(in.xs[0])) }},
	{"breakTies", false, func(c *class, in *twinInput) { c.breakTies(in.xs[0], in.ws[0]) }},
	{"agree", false, func(c *class, in *twinInput) { c.agree(in.dst, in.xs[0], in.xs[1]) }},
	{"addNonzero", true, func(c *class, in *twinInput) { c.addNonzero(in.dst, in.xs[0], in.ws[0]) }},
	{"quotient", true, func(c *class, in *twinInput) { c.quotient(in.dst, in.xs[0]) }},
	{"mask", true, func(c *class, in *twinInput) { c.mask(in.dst, in.xs[0], in.words, in.keepBelow, in.ws[0]) }},
	{"countBin", false, func(c *class, in *twinInput) { in.countBin(c) }},
	{"within", false, func(c *class, in *twinInput) { in.within(c) }},
	{"chance", false, func(c *class, in *twinInput) { in.chance(c) }},
	{"sumAbs", true, func(c *class, in *twinInput) { c.sumAbs(&in.lane, in.xs[0]) }},
	{"dot", true, func(c *class, in *twinInput) { c.dot(&in.lane, in.xs[0], in.xs[1]) }},
	{"elect", true, func(c *class, in *twinInput) { in.elect(c, 0) }},
	{"elect by tie", true, func(c *class, in *twinInput) { in.elect(c, -1) }},
	{"unanimous", false, func(c *class, in *twinInput) { c.unanimous(in.xs[:2], in.xs[:2]) }},
}

// A twinInput is n elements of everything that a loop may read or write, each
// slice at an offset within its array, so that nothing is aligned and what lies
// around a slice shows a write beyond it.
type twinInput struct {
	n, offset int
	arrays    [][]float32
	raw       []byte
	dst       []float32
	xs        [][]float32
	ws        []float32
	bytes     []byte
	words     []uint32
	keepBelow uint32
	lane      [lanes]float64
	fine      *[fineBins]uint64
}

const twinMargin = 9

func newTwinInput(n, offset int, seed uint64) *twinInput {
	random := rand.New(rand.NewPCG(seed, 1))
	in := &twinInput{n: n, offset: offset, ws: finite(mixed(random, 3)), keepBelow: random.Uint32()}
	for range 4 {
		array := mixed(random, n+offset+twinMargin)
		in.arrays = append(in.arrays, array)
		in.xs = append(in.xs, array[offset:offset+n])
	}
	in.dst, in.xs = in.xs[3], in.xs[:3]
	in.raw = make([]byte, 8*n+offset+twinMargin)
	for i := range in.raw {
		in.raw[i] = byte(random.Uint32())
	}
	in.bytes = in.raw[offset : offset+8*n]
	in.words = make([]uint32, max(n, 1))
	for i := range in.words {
		in.words[i] = random.Uint32()
	}
	in.words = append(in.words[:n:n], in.keepBelow)[:max(n, 1)]
	return in
}

// elect overwrites an input, as Ties may.
func (in *twinInput) elect(c *class, tie float32) {
	least := []uint32{leastMagnitude(0.01), 0, leastMagnitude(in.ws[1])}
	c.elect(in.xs[1], in.dst, in.xs, least, []float32{1, 1, in.ws[2]}, in.ws, ones(3), tie)
}

func (in *twinInput) countBin(c *class) {
	in.fine = new([fineBins]uint64)
	for _, coarse := range []float32{0, 1, -0x1p-126, float32(math.Inf(1))} {
		c.countBin(in.fine, in.xs[0], math.Float32bits(coarse)>>16%coarseBins)
	}
}

// within leaves what it gathers, and its counts, among the words, and at last gathers
// in place.
func (in *twinInput) within(c *class) {
	for _, bounds := range [][2]float32{{0, 0}, {0, 1}, {0x1p-149, 0x1p-126}, {1, 1}, {0.5, float32(math.Inf(1))}} {
		magnitudes := make([]float32, len(in.xs[0])+withinSlack)
		inside, above := c.within(magnitudes, in.xs[0], math.Float32bits(bounds[0]), math.Float32bits(bounds[1]))
		in.words = append(in.words, uint32(inside), uint32(above))
		for _, m := range magnitudes[:inside] {
			in.words = append(in.words, math.Float32bits(m))
		}
	}
	room := append(slices.Clone(in.xs[0]), make([]float32, withinSlack)...)
	inside, _ := c.within(room, room[:in.n], 0, math.Float32bits(0.5))
	in.words = append(in.words, uint32(inside))
	copy(in.dst[:inside], room)
}

// chance leaves the words of a second period, and the seed after them.
func (in *twinInput) chance(c *class) {
	words, seed := new([period]uint32), [8]uint32{in.keepBelow}
	c.chance(words, &seed)
	c.chance(words, &seed)
	in.words = slices.Concat(in.words, words[:], seed[:])
}

func (k twinKernel) compare(t *testing.T, c class, in func() *twinInput) {
	t.Helper()
	want, got := in(), in()
	k.run(&portable, want)
	k.run(&c, got)
	for i := range want.arrays {
		k.compareFloats(t, got.arrays[i], want.arrays[i])
	}
	k.compareFloats(t, decoded(got.raw), decoded(want.raw))
	if !slices.Equal(got.words, want.words) {
		t.Fatalf("words: got %#x, want %#x", got.words, want.words)
	}
	for i, w := range want.lane {
		if g := got.lane[i]; math.Float64bits(g) != math.Float64bits(w) && (g == g || w == w) {
			t.Fatalf("lane %d: got %v, want %v", i, g, w)
		}
	}
	if want.fine != nil && *got.fine != *want.fine {
		t.Fatal("the counts of fine bins differ")
	}
}

func (k twinKernel) compareFloats(t *testing.T, got, want []float32) {
	t.Helper()
	for i, w := range want {
		g := got[i]
		if math.Float32bits(g) == math.Float32bits(w) || k.arithmetic && g != g && w != w {
			continue
		}
		t.Fatalf("element %d: got %v (%#08x), want %v (%#08x)", i, g, math.Float32bits(g), w, math.Float32bits(w))
	}
}

func decoded(raw []byte) []float32 {
	var x []float32
	for i := range len(raw) / 4 {
		x = append(x, math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:])))
	}
	return x
}

// TestTwins compares every loop of every class with its definition, bit for bit,
// for all short lengths, unaligned.
func TestTwins(t *testing.T) {
	for _, c := range classes()[1:] {
		for _, k := range twinKernels {
			t.Run(c.name+"/"+k.name, func(t *testing.T) {
				for n := range 101 {
					for offset := range 3 {
						seed := uint64(n<<8 | offset)
						k.compare(t, c, func() *twinInput { return newTwinInput(n, offset, seed) })
					}
				}
				k.compare(t, c, func() *twinInput { return newTwinInput(5000, 1, 1) })
			})
		}
	}
}

// FuzzTwins feeds the loops bytes of the fuzzer's choice as numbers.
func FuzzTwins(f *testing.F) {
	f.Add([]byte("0123456789abcdef0123456789abcdef"), byte(0), uint64(1))
	f.Add(make([]byte, 4*70), byte(3), uint64(2))
	f.Fuzz(func(t *testing.T, data []byte, offset byte, seed uint64) {
		data = data[:min(len(data), 1000)]
		values := decoded(data)
		in := func() *twinInput {
			in := newTwinInput(len(values), int(offset%16), seed)
			copy(in.xs[0], values)
			copy(in.bytes, data)
			return in
		}
		for _, c := range classes()[1:] {
			for _, k := range twinKernels {
				k.compare(t, c, in)
			}
		}
	})
}
