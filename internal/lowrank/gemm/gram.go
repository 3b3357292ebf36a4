package gemm

import (
	"sync"

	"github.com/loramerge/loramerge/internal/parallel"
)

// square is the side of a tile of a Gram matrix, and the width of its panels: of one panel
// come the rows of a tile, of another the columns.
const square = 8

// AddGram adds x·xᵀ to the symmetric dst [k, k], for x [k, n] of float32, on at most workers goroutines. x
// must be contiguous along its rows or its columns, and dst along its rows. Products of float32 values are exact in
// float64, and every sum has one order, that of Mul and AddMul: so the result is the same on
// every processor, and the same as theirs. It takes half of their multiplications.
func AddGram(dst Matrix[float64], x Matrix[float32], workers int) {
	if dst.Rows != x.Rows || dst.Cols != x.Rows {
		panic("gemm: the Gram matrix of k rows is k×k")
	}
	if x.Rows*x.Rows*x.Cols < worthSharing {
		workers = 1
	}
	panels := (x.Rows + square - 1) / square
	packed := takePanels(panels * square * min(x.Cols, blockInner))
	defer panelPool.Put(packed)
	for from := 0; from < x.Cols; from += blockInner {
		block := x.Part(0, x.Rows, from, min(from+blockInner, x.Cols))
		parallel.Ranges(panels, 1, workers, func(first, last int) {
			for p := first; p < last; p++ {
				packWide((*packed)[p*square*block.Cols:(p+1)*square*block.Cols], block.Part(p*square, min((p+1)*square, x.Rows), 0, block.Cols))
			}
		})
		// Row p has p+1 tiles: first and last rows go together, so that all pairs are alike.
		parallel.Ranges((panels+1)/2, 1, workers, func(first, last int) {
			for p := first; p < last; p++ {
				addTiles(dst, *packed, p, block.Cols)
				if q := panels - 1 - p; q > p {
					addTiles(dst, *packed, q, block.Cols)
				}
			}
		})
	}
	for i := range dst.Rows {
		for j := range i {
			dst.Data[j*dst.RowStep+i*dst.ColStep] = dst.Data[i*dst.RowStep+j*dst.ColStep]
		}
	}
}

// addTiles adds the product of panel p with itself and those before it to dst.
func addTiles(dst Matrix[float64], packed []float64, p, k int) {
	var tile [square * square]float64
	top, rows := p*square, min(square, dst.Rows-p*square)
	for q := range p + 1 {
		clear(tile[:])
		addSquare(k, packed[p*square*k:(p+1)*square*k], packed[q*square*k:(q+1)*square*k], tile[:])
		for i := range rows {
			columns := square
			if q == p {
				columns = i + 1
			}
			row := dst.Row(top + i)[q*square:][:columns]
			for j := range row {
				row[j] += tile[i*square+j]
			}
		}
	}
}

// portableSquare adds to a tile the product of the transpose of panel a [k, 8] and panel b [k, 8].
func portableSquare(k int, a, b, tile []float64) {
	for i := range square {
		for j := 0; j < square; j += 4 {
			var s0, s1, s2, s3 float64
			for l := range k {
				x, v := a[l*square+i], b[l*square+j:l*square+j+4]
				s0 += float64(x * v[0])
				s1 += float64(x * v[1])
				s2 += float64(x * v[2])
				s3 += float64(x * v[3])
			}
			t := tile[i*square+j : i*square+j+4]
			t[0], t[1], t[2], t[3] = t[0]+s0, t[1]+s1, t[2]+s2, t[3]+s3
		}
	}
}

// packWide packs up to 8 rows x [r, n] into a panel [n, 8], filled up with zeros.
func packWide(dst []float64, x Matrix[float32]) {
	switch {
	case x.Rows < square:
		clear(dst)
		for i := range x.Rows {
			for l := range x.Cols {
				dst[l*square+i] = float64(x.Data[i*x.RowStep+l*x.ColStep])
			}
		}
	case x.RowStep == 1:
		along(dst, x)
	default:
		for i := 0; i < square; i += half {
			across(dst[i:], x.Part(i, i+half, 0, x.Cols))
		}
	}
}

// half is how many rows are transposed at a time.
const half = square / 2

// portableAlong packs x [8, n], whose columns are contiguous.
func portableAlong(dst []float64, x Matrix[float32]) {
	for l := range x.Cols {
		d, row := dst[l*square:][:square], x.Data[l*x.ColStep:][:square]
		for i, v := range row {
			d[i] = float64(v)
		}
	}
}

// portableAcross packs x [4, n], whose rows are contiguous, into half of a panel.
func portableAcross(dst []float64, x Matrix[float32]) {
	x0, x1, x2, x3 := x.Row(0), x.Row(1), x.Row(2), x.Row(3)
	x1, x2, x3 = x1[:len(x0)], x2[:len(x0)], x3[:len(x0)]
	for l, v := range x0 {
		d := dst[l*square:][:half]
		d[0], d[1], d[2], d[3] = float64(v), float64(x1[l]), float64(x2[l]), float64(x3[l])
	}
}

var panelPool = sync.Pool{New: func() any { return new([]float64) }}

func takePanels(n int) *[]float64 {
	p := panelPool.Get().(*[]float64)
	if cap(*p) < n {
		*p = make([]float64, n)
	}
	*p = (*p)[:n]
	return p
}
