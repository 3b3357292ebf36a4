package gemm

import "sync"

// buffer holds what one goroutine packs.
type buffer[T Float] struct {
	b    []T // a block of b in panels: panel after panel, row after row
	a    []T // tileRows rows of a, row after row
	tile []T // a tile that sticks out of dst
}

var (
	buffers32 = sync.Pool{New: func() any { return newBuffer[float32]() }}
	buffers64 = sync.Pool{New: func() any { return newBuffer[float64]() }}
)

func newBuffer[T Float]() *buffer[T] {
	return &buffer[T]{
		b:    make([]T, blockInner*blockCols[T]()),
		a:    make([]T, tileRows*blockInner),
		tile: make([]T, tileRows*panelCols[T]()),
	}
}

func bufferPool[T Float]() *sync.Pool {
	var x T
	if _, ok := any(x).(float32); ok {
		return &buffers32
	}
	return &buffers64
}

func takeBuffer[T Float]() *buffer[T]  { return bufferPool[T]().Get().(*buffer[T]) }
func giveBuffer[T Float](b *buffer[T]) { bufferPool[T]().Put(b) }

// strip returns tileRows rows of a for the kernel and their distance: in place
// if they are contiguous and all there, else copied and filled up with zeros.
func (buf *buffer[T]) strip(a Matrix[T]) (rows []T, step int) {
	if a.ColStep == 1 && a.Rows == tileRows {
		return a.Data, a.RowStep
	}
	clear(buf.a[a.Rows*a.Cols:])
	for i := range a.Rows {
		row := buf.a[i*a.Cols : (i+1)*a.Cols]
		for l := range row {
			row[l] = a.Data[i*a.RowStep+l*a.ColStep]
		}
	}
	return buf.a, a.Cols
}

// pack copies b into panels of panelCols columns, the last filled up with
// zeros: element (l, j) goes to dst[(j/nr)·nr·b.Rows + l·nr + j%nr].
func pack[T Float](dst []T, b Matrix[T]) {
	nr := panelCols[T]()
	if rest := b.Cols % nr; rest != 0 {
		at := b.Cols - rest
		packNarrow(dst[at*b.Rows:(at+nr)*b.Rows], b.Part(0, b.Rows, at, b.Cols))
		b = b.Part(0, b.Rows, 0, at)
	}
	if b.ColStep == 1 {
		packRows(dst, b)
	} else {
		packColumns(dst, b)
	}
}

// packNarrow packs one panel of fewer columns than panelCols.
func packNarrow[T Float](dst []T, b Matrix[T]) {
	nr := panelCols[T]()
	for l := range b.Rows {
		row := dst[l*nr : (l+1)*nr]
		clear(row[b.Cols:])
		for j := range b.Cols {
			row[j] = b.Data[l*b.RowStep+j*b.ColStep]
		}
	}
}

// packRows reads along the rows, which are contiguous, and writes few panels at
// a time: theirs are streams a power of two apart, which share the sets of a
// cache.
func packRows[T Float](dst []T, b Matrix[T]) {
	nr := panelCols[T]()
	for from := 0; from < b.Cols; from += 4 * nr {
		to := min(from+4*nr, b.Cols)
		for l := range b.Rows {
			row := b.Data[l*b.RowStep:]
			for j := from; j < to; j += nr {
				copy(dst[j*b.Rows+l*nr:][:nr], row[j:])
			}
		}
	}
}

// packColumns reads along the columns of each panel.
func packColumns[T Float](dst []T, b Matrix[T]) {
	nr := panelCols[T]()
	for j := range b.Cols {
		panel := dst[j/nr*nr*b.Rows+j%nr:]
		column := b.Data[j*b.ColStep:]
		for l := range b.Rows {
			panel[l*nr] = column[l*b.RowStep]
		}
	}
}
