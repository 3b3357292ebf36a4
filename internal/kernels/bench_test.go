package kernels

import (
	"math/rand/v2"
	"testing"
)

const benchLength = 1 << 16

// kernelBenchmarks lists every loop of a class with the bytes it reads and
// writes for one element.
var kernelBenchmarks = []struct {
	name  string
	bytes int
	run   func(c *class, d *benchData)
}{
	{"DecodeBF16", 6, func(c *class, d *benchData) { c.decodeBF16(d.dst, d.bytes[:2*benchLength]) }},
	{"DecodeF16", 6, func(c *class, d *benchData) { c.decodeF16(d.dst, d.halves) }},
	{"DecodeF32", 8, func(c *class, d *benchData) { c.decodeF32(d.dst, d.bytes[:4*benchLength]) }},
	{"DecodeF64", 12, func(c *class, d *benchData) { c.decodeF64(d.dst, d.doubles) }},
	{"EncodeBF16", 6, func(c *class, d *benchData) { c.encodeBF16(d.bytes[:2*benchLength], d.xs[0]) }},
	{"EncodeF16", 6, func(c *class, d *benchData) { c.encodeF16(d.bytes[:2*benchLength], d.xs[0]) }},
	{"EncodeF32", 8, func(c *class, d *benchData) { c.encodeF32(d.bytes[:4*benchLength], d.xs[0]) }},
	{"EncodeF64", 12, func(c *class, d *benchData) { c.encodeF64(d.bytes, d.xs[0]) }},
	{"MaxAbs", 4, func(c *class, d *benchData) { c.maxMagnitude(d.xs[0]) }},
	{"Scale", 8, func(c *class, d *benchData) { c.scale(d.dst, d.xs[0], 0.7) }},
	{"AddScaled", 12, func(c *class, d *benchData) { c.addScaled(d.dst, d.xs[0], 0) }},
	{"Divide", 8, func(c *class, d *benchData) { c.divide(d.dst, d.xs[0], 0.7) }},
	{"Combine8", 36, func(c *class, d *benchData) { c.combine(d.dst, d.xs, d.ws) }},
	{"Trim", 8, func(c *class, d *benchData) { c.trim(d.dst, d.xs[0], leastMagnitude(0.01)) }},
	{"VotesFrequency8", 36, func(c *class, d *benchData) { c.votesFrequency(d.dst, d.xs) }},
	{"Majority", 4, func(c *class, d *benchData) { c.signTotal(d.xs[0]) }},
	{"BreakTies", 8, func(c *class, d *benchData) { c.breakTies(d.xs[0], 1) }},
	{"Agree", 12, func(c *class, d *benchData) { c.agree(d.dst, d.xs[0], d.xs[1]) }},
	{"Unanimous8", 64, func(c *class, d *benchData) { c.unanimous(d.others, d.xs) }},
	{"Mean8", 36, func(c *class, d *benchData) { c.mean(d.dst, d.xs, d.ws, d.ws) }},
	{"Ties8", 36, func(c *class, d *benchData) { c.ties(d.dst, d.xs, d.rule) }},
	{"Mask", 12, func(c *class, d *benchData) { c.mask(d.dst, d.xs[0], d.words, 1<<31, 2) }},
	{"CountBin", 4, func(c *class, d *benchData) { c.countBin(&d.fine, d.xs[0], leastMagnitude(0.01)>>16) }},
	{"SumAbs", 4, func(c *class, d *benchData) { c.sumAbs(&d.lane, d.xs[0]) }},
	{"Dot", 8, func(c *class, d *benchData) { c.dot(&d.lane, d.xs[0], d.xs[1]) }},
}

func BenchmarkKernels(b *testing.B) {
	data := newBenchData()
	for _, kernel := range kernelBenchmarks {
		for _, c := range classes() {
			b.Run(kernel.name+"/"+c.name, func(b *testing.B) {
				b.SetBytes(int64(kernel.bytes * benchLength))
				for b.Loop() {
					kernel.run(&c, data)
				}
			})
		}
	}
}

type benchData struct {
	dst                    []float32
	xs, others             [][]float32
	ws                     []float32
	words                  []uint32
	bytes, halves, doubles []byte
	rule                   TiesRule
	fine                   [fineBins]uint64
	lane                   [lanes]float64
}

func newBenchData() *benchData {
	random := rand.New(rand.NewPCG(1, 2))
	d := &benchData{
		dst:     make([]float32, benchLength),
		words:   make([]uint32, benchLength),
		bytes:   make([]byte, 8*benchLength),
		halves:  make([]byte, 2*benchLength),
		doubles: make([]byte, 8*benchLength),
	}
	NewChance([32]byte{}).Fill(d.words)
	for range 8 {
		d.xs = append(d.xs, normal(random, benchLength))
		d.others = append(d.others, make([]float32, benchLength))
		d.ws = append(d.ws, random.Float32())
		d.rule.Thresholds = append(d.rule.Thresholds, 0.013)
	}
	d.rule.Votes, d.rule.Weights, d.rule.Over = ones(8), d.ws, OverAgreeing
	encodeF16(d.halves, d.xs[0])
	encodeF64(d.doubles, d.xs[0])
	return d
}

// normal draws weights of the size that training leaves in an adapter.
func normal(random *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(0.02 * random.NormFloat64())
	}
	return x
}
