package search

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distmv"
	"gonum.org/v1/gonum/stat/samplemv"
)

// stream is the source of randomness for one purpose: ChaCha8, seeded with the SHA-256 of the seed
// and what the stream is for.
func stream(seed uint64, what string) *rand.ChaCha8 {
	return rand.NewChaCha8(sha256.Sum256(append(binary.LittleEndian.AppendUint64(nil, seed), what...)))
}

// sampler gives the first n samples of the unit cube. Those of a larger n begin with them.
type sampler func(n int) *mat.Dense

// uniform draws each sample independently.
func uniform(dim int, seed uint64) sampler {
	return func(n int) *mat.Dense {
		batch := mat.NewDense(n, dim, nil)
		samplemv.IID{Dist: distmv.NewUnitUniform(dim, stream(seed, "random"))}.Sample(batch)
		return batch
	}
}

// halton gives Halton's sequence, scrambled as in Owen, A randomized Halton algorithm in R (2017),
// arXiv:1706.02808.
func halton(dim int, seed uint64) sampler {
	return func(n int) *mat.Dense {
		batch := mat.NewDense(n, dim, nil)
		samplemv.Halton{Kind: samplemv.Owen, Q: distmv.NewUnitUniform(dim, nil), Src: stream(seed, "halton")}.Sample(batch)
		return batch
	}
}

// fruitless is after how many samples in a row that gave nothing new the points are enumerated
// instead, or are held to be exhausted.
const fruitless = 1000

// drawn gives the points of the first samples, without repeats: n of them, or all where there are
// fewer.
func (sp *space) drawn(n int, sample sampler) []Point {
	var points []Point
	seen := make(map[string]bool)
	add := func(p Point) bool {
		key := p.Key()
		if seen[key] {
			return false
		}
		seen[key], points = true, append(points, p)
		return true
	}
	from, misses := 0, 0
	for size := n; len(points) < n && misses < fruitless; size *= 2 {
		batch := sample(size)
		for ; from < size && len(points) < n && misses < fruitless; from++ {
			if misses++; add(sp.point(batch.RawRowView(from))) {
				misses = 0
			}
		}
	}
	for _, a := range sp.axes {
		if !countable(a) {
			return points
		}
	}
	if len(points) < n {
		for _, p := range sp.grid(n) {
			if len(points) < n {
				add(p)
			}
		}
	}
	return points
}
