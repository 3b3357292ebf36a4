package gen

import (
	"crypto/sha256"
	"math"
	"math/rand/v2"
)

// seed makes the streams this package's own.
const seed = "loramerge testgen 1"

// stream is the source of one tensor's values, separate from every other tensor's, so
// that tensors can be filled in parallel and a new module changes no old one.
func stream(adapter, tensor string) *rand.Rand {
	return rand.New(rand.NewChaCha8(sha256.Sum256([]byte(seed + "\x00" + adapter + "\x00" + tensor))))
}

// fill draws from the normal distribution of mean 0 and the given deviation.
func fill(dst []float32, r *rand.Rand, deviation float64) {
	for i := range dst {
		dst[i] = float32(deviation * r.NormFloat64())
	}
}

// startA is the deviation that PEFT gives A at the start, from which training moves
// it little: kaiming_uniform_ with a = √5 is uniform in ±1/√in, of variance 1/(3·in).
func startA(in int) float64 { return 1 / math.Sqrt(3*float64(in)) }
