package lowrank

import (
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"
)

// drawShape draws a shape of up to 60×60, tall, wide, square or a mere vector.
func drawShape(t *rapid.T) (out, in int) {
	size := rapid.OneOf(rapid.IntRange(1, 8), rapid.IntRange(1, 60))
	return size.Draw(t, "out"), size.Draw(t, "in")
}

// drawProduct draws a product [out, in] of rank 1 to 80, often more than its
// shape has room for, some with repeated or zero components.
func drawProduct(t *rapid.T, name string, out, in int) Product {
	rank := rapid.OneOf(rapid.IntRange(1, 8), rapid.IntRange(1, 80)).Draw(t, name+" rank")
	p := randomProduct(rand.New(rand.NewPCG(2, rapid.Uint64().Draw(t, name+" seed"))), out, rank, in)
	switch rapid.SampledFrom([]string{"full", "full", "repeated", "zero", "scaled"}).Draw(t, name+" kind") {
	case "repeated":
		for k := range rank {
			copy(p.A.Row(k), p.A.Row(0))
		}
	case "zero":
		clear(p.B.Data)
	case "scaled":
		for i := range p.B.Data {
			p.B.Data[i] *= 1e-12
		}
	}
	return p
}

func randomProduct(rng *rand.Rand, out, rank, in int) Product {
	return Product{B: randomMatrix(rng, out, rank), A: randomMatrix(rng, rank, in)}
}

func randomMatrix(rng *rand.Rand, rows, cols int) Matrix {
	m := NewMatrix(rows, cols)
	for i := range m.Data {
		m.Data[i] = float32(rng.NormFloat64())
	}
	return m
}

func dense64(m Matrix) *mat.Dense {
	d := mat.NewDense(m.Rows, m.Cols, nil)
	for i, x := range m.Data {
		d.RawMatrix().Data[i] = float64(x)
	}
	return d
}

// productOf64 returns B·A computed in float64 by gonum.
func productOf64(p Product) *mat.Dense {
	var w mat.Dense
	w.Mul(dense64(p.B), dense64(p.A))
	return &w
}

// dot64 returns the inner product of two matrices.
func dot64(a, b *mat.Dense) float64 {
	var ab mat.Dense
	ab.MulElem(a, b)
	return mat.Sum(&ab)
}

func difference(a, b mat.Matrix) float64 {
	var d mat.Dense
	d.Sub(a, b)
	return mat.Norm(&d, 2)
}
