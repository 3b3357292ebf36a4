package gemm

import "unsafe"

const (
	tileRows   = 6   // rows of a tile: with two registers a row, 12 of AVX2's 16 hold sums
	panelBytes = 64  // width of a tile and of a packed panel: a cache line, two AVX2 registers
	blockInner = 256 // a block of b is blockInner by blockCols; a panel of it stays in the L1
	blockBytes = 512 << 10
)

// panelCols is the number of columns of a tile.
func panelCols[T Float]() int {
	var x T
	return panelBytes / int(unsafe.Sizeof(x))
}

// blockCols is the number of columns of b that are packed at a time: as many as
// leave room for other things in an L2 cache of 1 MiB.
func blockCols[T Float]() int {
	var x T
	return blockBytes / blockInner / int(unsafe.Sizeof(x))
}

// multiply computes p on one goroutine.
func (p product[T]) multiply() {
	n, k := p.dst.Cols, p.a.Cols
	if k == 0 && !p.add {
		for i := range p.dst.Rows {
			clear(p.dst.Row(i))
		}
	}
	packed := takeBuffer[T]()
	defer giveBuffer(packed)
	for j := 0; j < n; j += blockCols[T]() {
		jEnd := min(j+blockCols[T](), n)
		for l := 0; l < k; l += blockInner {
			lEnd := min(l+blockInner, k)
			pack(packed.b, p.b.Part(l, lEnd, j, jEnd))
			block := product[T]{p.dst.Part(0, p.dst.Rows, j, jEnd), p.a.Part(0, p.a.Rows, l, lEnd), Matrix[T]{}, p.add || l > 0}
			block.multiplyPacked(packed)
		}
	}
}

// multiplyPacked computes p, whose b has been packed, one tile after the other.
func (p product[T]) multiplyPacked(packed *buffer[T]) {
	nr, k := panelCols[T](), p.a.Cols
	kernel := kernelOf[T]()
	for i := 0; i < p.dst.Rows; i += tileRows {
		rows := min(tileRows, p.dst.Rows-i)
		a, lda := packed.strip(p.a.Part(i, i+rows, 0, k))
		for j := 0; j < p.dst.Cols; j += nr {
			b := packed.b[j*k : (j+nr)*k]
			cols := min(nr, p.dst.Cols-j)
			if rows == tileRows && cols == nr {
				kernel(k, a, lda, b, p.dst.Data[i*p.dst.RowStep+j:], p.dst.RowStep, p.add)
				continue
			}
			kernel(k, a, lda, b, packed.tile, nr, false)
			putTile(p.dst.Part(i, i+rows, j, j+cols), packed.tile, p.add)
		}
	}
}

// putTile writes the part of a tile that lies within dst.
func putTile[T Float](dst Matrix[T], tile []T, add bool) {
	nr := panelCols[T]()
	for i := range dst.Rows {
		row := dst.Row(i)
		for j := range row {
			if add {
				row[j] += tile[i*nr+j]
			} else {
				row[j] = tile[i*nr+j]
			}
		}
	}
}
