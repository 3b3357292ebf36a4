package lowrank

import "github.com/loramerge/loramerge/internal/lowrank/gemm"

func (m Matrix) view() gemm.Matrix[float32] { return gemm.Of(m.Rows, m.Cols, m.Data) }

// widened returns m in float64, row-major.
func widened(m gemm.Matrix[float32]) gemm.Matrix[float64] {
	wide := gemm.New[float64](m.Rows, m.Cols)
	widen(wide, m)
	return wide
}

// widen sets dst to m. Where m is a transpose it reads along the columns, which
// are contiguous there.
func widen(dst gemm.Matrix[float64], m gemm.Matrix[float32]) {
	if m.ColStep != 1 {
		dst, m = dst.T(), m.T()
	}
	for i := range m.Rows {
		if dst.ColStep == 1 {
			row := dst.Row(i)
			for j, x := range m.Row(i) {
				row[j] = float64(x)
			}
			continue
		}
		at := i * dst.RowStep
		for _, x := range m.Row(i) {
			dst.Data[at] = float64(x)
			at += dst.ColStep
		}
	}
}

// narrowed returns factor·m in float32, row-major; what is too large becomes
// ±Inf.
func narrowed(m gemm.Matrix[float64], factor float64) gemm.Matrix[float32] {
	narrow := gemm.New[float32](m.Rows, m.Cols)
	for i := range m.Rows {
		row := narrow.Row(i)
		for j, x := range m.Row(i) {
			row[j] = float32(factor * x)
		}
	}
	return narrow
}

// narrow sets dst, whose rows are contiguous, to m in float32.
func narrow(dst gemm.Matrix[float32], m gemm.Matrix[float64]) {
	for i := range dst.Rows {
		at := i * m.RowStep
		row := dst.Row(i)
		for j := range row {
			row[j] = float32(m.Data[at])
			at += m.ColStep
		}
	}
}

// scaled returns factor·m in memory of its own, row-major.
func scaled(m gemm.Matrix[float64], factor float64) gemm.Matrix[float64] {
	dst := gemm.New[float64](m.Rows, m.Cols)
	setScaled(dst, m, factor)
	return dst
}

// setScaled sets dst to factor·m.
func setScaled(dst, m gemm.Matrix[float64], factor float64) {
	for i := range m.Rows {
		row, at := dst.Row(i), i*m.RowStep
		for j := range row {
			row[j] = factor * m.Data[at]
			at += m.ColStep
		}
	}
}

func identity(n int) gemm.Matrix[float64] {
	m := gemm.New[float64](n, n)
	for i := range n {
		m.Row(i)[i] = 1
	}
	return m
}
