package lowrank

import "fmt"

// Matrix is a dense [Rows, Cols] float32 matrix in row-major order. It is the
// project's value type for one tensor.
type Matrix struct {
	Rows, Cols int
	Data       []float32 // Rows·Cols elements
}

// NewMatrix returns a zero matrix [rows, cols]. It panics unless both are
// positive.
func NewMatrix(rows, cols int) Matrix {
	if rows <= 0 || cols <= 0 {
		panic(fmt.Sprintf("lowrank: a matrix of %d×%d", rows, cols))
	}
	return Matrix{Rows: rows, Cols: cols, Data: make([]float32, rows*cols)}
}

// Row returns row i of m, which shares m's memory.
func (m Matrix) Row(i int) []float32 {
	return m.Data[i*m.Cols : (i+1)*m.Cols : (i+1)*m.Cols]
}

func (m Matrix) check() {
	if m.Rows <= 0 || m.Cols <= 0 || len(m.Data) != m.Rows*m.Cols {
		panic(fmt.Sprintf("lowrank: a matrix of %d×%d with %d elements", m.Rows, m.Cols, len(m.Data)))
	}
}

// Product is the matrix B·A [out, in] held as its thin factors B [out, k] and
// A [k, in]: a LoRA delta without its scale.
type Product struct {
	B, A Matrix
}

// Rank is k, the inner dimension of the product; the rank of the matrix B·A
// may be lower.
func (p Product) Rank() int { return p.B.Cols }

// Shape returns the rows (out) and columns (in) of B·A.
func (p Product) Shape() (out, in int) { return p.B.Rows, p.A.Cols }

func (p Product) check() {
	p.B.check()
	p.A.check()
	if p.B.Cols != p.A.Rows {
		panic(fmt.Sprintf("lowrank: B [%d, %d] times A [%d, %d]", p.B.Rows, p.B.Cols, p.A.Rows, p.A.Cols))
	}
}

func checkSameShape(ps ...Product) {
	for _, p := range ps {
		p.check()
		if p.B.Rows != ps[0].B.Rows || p.A.Cols != ps[0].A.Cols {
			panic(fmt.Sprintf("lowrank: products of shapes [%d, %d] and [%d, %d]",
				ps[0].B.Rows, ps[0].A.Cols, p.B.Rows, p.A.Cols))
		}
	}
}
