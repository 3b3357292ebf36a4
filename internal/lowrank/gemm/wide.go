package gemm

import (
	"fmt"

	"github.com/loramerge/loramerge/internal/parallel"
)

// MulWide sets dst [m, n] to x·y for x [m, k] of float32 and y [k, n], on at most workers
// goroutines: Mul of x in float64, bit for bit, with the kernel of Gram matrices. x is
// widened as it is packed, and only once, so that few columns of y are cheap. x and dst must
// each be contiguous along their rows or their columns.
func MulWide(dst Matrix[float64], x Matrix[float32], y Matrix[float64], workers int) {
	if dst.Rows != x.Rows || dst.Cols != y.Cols || x.Cols != y.Rows {
		panic(fmt.Sprintf("gemm: dst %d×%d = x %d×%d · y %d×%d", dst.Rows, dst.Cols, x.Rows, x.Cols, y.Rows, y.Cols))
	}
	if x.Rows*x.Cols*y.Cols < worthSharing {
		workers = 1
	}
	k, panels := x.Cols, (y.Cols+square-1)/square
	ofY := takePanels(panels * square * k)
	defer panelPool.Put(ofY)
	for q := range panels {
		packTall((*ofY)[q*square*k:(q+1)*square*k], y.Part(0, k, q*square, min((q+1)*square, y.Cols)))
	}
	together := square * max(1, widePanels/k)
	parallel.Ranges(x.Rows, square, workers, func(first, last int) {
		ofX := takePanels(together * k)
		defer panelPool.Put(ofX)
		for from := first; from < last; from += together {
			to := min(from+together, last)
			for i := from; i < to; i += square {
				packWide((*ofX)[(i-from)*k:][:square*k], x.Part(i, min(i+square, to), 0, k))
			}
			for j := 0; j < y.Cols; j += square {
				for i := from; i < to; i += square {
					into := dst.Part(i, min(i+square, to), j, min(j+square, y.Cols))
					setTile(into, (*ofX)[(i-from)*k:][:square*k], (*ofY)[j*k:][:square*k])
				}
			}
		}
	})
}

// widePanels is how many rows of panels of x stay in a cache together: 256 KiB.
const widePanels = 1 << 12

// setTile sets dst, at most 8×8, to the product of two panels.
func setTile(dst Matrix[float64], ofX, ofY []float64) {
	if dst.ColStep != 1 {
		dst, ofX, ofY = dst.T(), ofY, ofX
	}
	var tile [square * square]float64
	for len(ofX) > 0 {
		n := min(len(ofX), square*blockInner)
		addSquare(n/square, ofX[:n], ofY[:n], tile[:])
		ofX, ofY = ofX[n:], ofY[n:]
	}
	for i := range dst.Rows {
		copy(dst.Row(i), tile[i*square:])
	}
}

// packTall packs up to 8 columns y [n, c] into a panel [n, 8], filled up with zeros.
func packTall(dst []float64, y Matrix[float64]) {
	if y.Cols < square {
		clear(dst)
	}
	for l := range y.Rows {
		for j := range y.Cols {
			dst[l*square+j] = y.Data[l*y.RowStep+j*y.ColStep]
		}
	}
}

// AddCross adds x·yᵀ to dst [m, n], for x [m, k] and y [n, k] of float32, as AddGram does: with
// products that are exact in float64, and sums in one order. x and y must each be contiguous
// along their rows or their columns, and dst along its rows.
func AddCross(dst Matrix[float64], x, y Matrix[float32]) {
	if dst.Rows != x.Rows || dst.Cols != y.Rows || x.Cols != y.Cols {
		panic(fmt.Sprintf("gemm: dst %d×%d = x %d×%d · transpose of y %d×%d", dst.Rows, dst.Cols, x.Rows, x.Cols, y.Rows, y.Cols))
	}
	down, across := (x.Rows+square-1)/square, (y.Rows+square-1)/square
	packed := takePanels((down + across) * square * min(x.Cols, blockInner))
	defer panelPool.Put(packed)
	for from := 0; from < x.Cols; from += blockInner {
		to := min(from+blockInner, x.Cols)
		panel := func(p int) []float64 { return (*packed)[p*square*(to-from) : (p+1)*square*(to-from)] }
		for p := range down {
			packWide(panel(p), x.Part(p*square, min((p+1)*square, x.Rows), from, to))
		}
		for q := range across {
			packWide(panel(down+q), y.Part(q*square, min((q+1)*square, y.Rows), from, to))
		}
		for p := range down {
			for q := range across {
				addTile(dst.Part(p*square, min((p+1)*square, dst.Rows), q*square, min((q+1)*square, dst.Cols)), panel(p), panel(down+q), to-from)
			}
		}
	}
}

// addTile adds the product of two panels to dst, at most 8×8.
func addTile(dst Matrix[float64], ofX, ofY []float64, k int) {
	var tile [square * square]float64
	addSquare(k, ofX, ofY, tile[:])
	for i := range dst.Rows {
		for j, v := range tile[i*square:][:dst.Cols] {
			dst.Data[i*dst.RowStep+j] += v
		}
	}
}
