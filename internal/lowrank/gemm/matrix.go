package gemm

import "fmt"

// Float is the type of an element.
type Float interface{ float32 | float64 }

// Matrix is a [Rows, Cols] view of Data: element (i, j) is
// Data[i·RowStep + j·ColStep].
type Matrix[T Float] struct {
	Rows, Cols       int
	RowStep, ColStep int
	Data             []T
}

// Of returns a view of row-major data [rows, cols].
func Of[T Float](rows, cols int, data []T) Matrix[T] {
	if rows < 0 || cols < 0 || len(data) != rows*cols {
		panic(fmt.Sprintf("gemm: %d elements for a matrix of %d×%d", len(data), rows, cols))
	}
	return Matrix[T]{Rows: rows, Cols: cols, RowStep: cols, ColStep: 1, Data: data}
}

// New returns a zero matrix [rows, cols] in row-major order.
func New[T Float](rows, cols int) Matrix[T] {
	return Of(rows, cols, make([]T, rows*cols))
}

// T returns the transpose of m, which shares m's memory.
func (m Matrix[T]) T() Matrix[T] {
	return Matrix[T]{Rows: m.Cols, Cols: m.Rows, RowStep: m.ColStep, ColStep: m.RowStep, Data: m.Data}
}

// Part returns the view of rows [i0, i1) and columns [j0, j1) of m, which
// shares m's memory.
func (m Matrix[T]) Part(i0, i1, j0, j1 int) Matrix[T] {
	if i0 < 0 || i0 > i1 || i1 > m.Rows || j0 < 0 || j0 > j1 || j1 > m.Cols {
		panic(fmt.Sprintf("gemm: rows %d:%d and columns %d:%d of a matrix of %d×%d", i0, i1, j0, j1, m.Rows, m.Cols))
	}
	part := m
	part.Rows, part.Cols = i1-i0, j1-j0
	if part.Rows > 0 && part.Cols > 0 {
		part.Data = m.Data[i0*m.RowStep+j0*m.ColStep : (i1-1)*m.RowStep+(j1-1)*m.ColStep+1]
	}
	return part
}

// Row returns row i of m, whose ColStep must be 1; it shares m's memory.
func (m Matrix[T]) Row(i int) []T {
	if m.ColStep != 1 {
		panic("gemm: the rows of a transposed matrix are not contiguous")
	}
	return m.Data[i*m.RowStep : i*m.RowStep+m.Cols : i*m.RowStep+m.Cols]
}
