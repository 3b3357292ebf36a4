package compare

import (
	"context"
	"math"
	"slices"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/kernels"
	"github.com/loramerge/loramerge/internal/lowrank"
)

// measure reads a module of both adapters and compares them.
func (p modulePair) measure(ctx context.Context) (measured, error) {
	if p.x.Form == adapter.Whole {
		return p.measureWhole()
	}
	a, err := p.a.Pair(p.x)
	if err != nil {
		return measured{}, err
	}
	b, err := p.b.Pair(p.y)
	if err != nil {
		return measured{}, err
	}
	m := measured{
		normA: squareOf(p.x.Scale * lowrank.Norm(a)), normB: squareOf(p.y.Scale * lowrank.Norm(b)),
		inner: p.x.Scale * p.y.Scale * lowrank.Inner(a, b), elements: float64(p.x.Out()) * float64(p.x.In()),
	}
	if p.x.Scale != p.y.Scale || !sameFactors(a, b) { // else the distance is rounding
		m.distance = squareOf(lowrank.Distance(scaledProduct(a, p.x.Scale), scaledProduct(b, p.y.Scale)))
	}
	m.opposite = float64(opposite(ctx, a, b))
	if p.x.Scale*p.y.Scale < 0 {
		m.opposite = float64(opposite(ctx, scaledProduct(a, -1), b))
	}
	return m, ctx.Err()
}

func squareOf(x float64) float64 { return x * x }

func sameFactors(a, b lowrank.Product) bool {
	return slices.Equal(a.A.Data, b.A.Data) && slices.Equal(a.B.Data, b.B.Data)
}

// scaledProduct is s·B·A.
func scaledProduct(p lowrank.Product, s float64) lowrank.Product {
	b := lowrank.NewMatrix(p.B.Rows, p.B.Cols)
	kernels.Scale(b.Data, p.B.Data, float32(s))
	return lowrank.Product{B: b, A: p.A}
}

// signBlock is how many elements of a ΔW are dense at a time.
const signBlock = 1 << 20

// opposite counts the elements of two products whose signs are opposite. The products
// are rounded to float32, so that of elements near 0 the sign is that of the rounding.
func opposite(ctx context.Context, a, b lowrank.Product) int {
	out, in := a.Shape()
	rows := max(1, signBlock/in)
	x, y := lowrank.NewMatrix(min(rows, out), in), lowrank.NewMatrix(min(rows, out), in)
	count := 0
	for from := 0; from < out; from += rows {
		to := min(from+rows, out)
		p, q := rowsOf(x, 0, to-from), rowsOf(y, 0, to-from)
		lowrank.Dense(ctx, p, lowrank.Product{B: rowsOf(a.B, from, to), A: a.A}, 1)
		lowrank.Dense(ctx, q, lowrank.Product{B: rowsOf(b.B, from, to), A: b.A}, 1)
		count += oppositeSigns(p.Data, q.Data)
	}
	return count
}

// rowsOf shares m's memory.
func rowsOf(m lowrank.Matrix, from, to int) lowrank.Matrix {
	return lowrank.Matrix{Rows: to - from, Cols: m.Cols, Data: m.Data[from*m.Cols : to*m.Cols]}
}

// oppositeSigns counts by bits and without branches: of tiny values the product would be
// 0, and no processor predicts the sign of a weight.
func oppositeSigns(x, y []float32) int {
	var count uint32
	y = y[:len(x)]
	for i := range x {
		a, b := math.Float32bits(x[i]), math.Float32bits(y[i])
		count += (a ^ b) >> 31 & nonzero(a<<1) & nonzero(b<<1)
	}
	return int(count)
}

// nonzero is 1, or 0 for 0.
func nonzero(x uint32) uint32 { return (x | -x) >> 31 }

func (p modulePair) measureWhole() (measured, error) {
	x, y := make([]float32, p.x.W.Elements()), make([]float32, p.y.W.Elements())
	if err := p.a.Read(p.x.W, x); err != nil {
		return measured{}, err
	}
	if err := p.b.Read(p.y.W, y); err != nil {
		return measured{}, err
	}
	m := measured{normA: kernels.SumSquares(x), normB: kernels.SumSquares(y), inner: kernels.Dot(x, y),
		opposite: float64(oppositeSigns(x, y)), elements: float64(len(x))}
	for i := range x {
		m.distance += squareOf(float64(x[i]) - float64(y[i]))
	}
	return m, nil
}
