package gguf

import (
	"slices"

	"github.com/loramerge/loramerge/adapter"
)

// storedA is A [r, in] with rows of zeros up to the rank.
func storedA(x []float32, rank, to int) []float32 {
	return append(slices.Clone(x), make([]float32, len(x)/rank*(to-rank))...)
}

// storedEmbeddingA is A [r, vocab] transposed, with columns of zeros up to the rank.
func storedEmbeddingA(x []float32, rank, to int) []float32 {
	rows := len(x) / rank
	out := make([]float32, rows*to)
	for k := range rank {
		for i, v := range x[k*rows : (k+1)*rows] {
			out[i*to+k] = v
		}
	}
	return out
}

// storedB is B [out, r] times a factor, with columns of zeros up to the rank, and its rows in the
// order of llama.cpp for that many heads, or in their own where heads is 0.
func storedB(x []float32, rank, to, heads int, factor float32) []float32 {
	rows := len(x) / rank
	out := make([]float32, rows*to)
	for row := range rows {
		at := row
		if heads > 0 {
			at = adapter.Interleaved(row, rows, heads)
		}
		for k, v := range x[row*rank : (row+1)*rank] {
			out[at*to+k] = v * factor
		}
	}
	return out
}
