//go:build amd64 && !noasm

package gemm

import "golang.org/x/sys/cpu"

//go:generate go -C ../asm run . -kernels gemm -pkg gemm -out ../gemm/tile_amd64.s -stubs ../gemm/tile_amd64.go

var hasAVX2 = cpu.X86.HasAVX2 && cpu.X86.HasFMA

// Class names the kernel in use: "avx2-fma" or "portable".
func Class() string {
	if hasAVX2 {
		return "avx2-fma"
	}
	return "portable"
}

func kernelOf[T Float]() kernel[T] {
	if !hasAVX2 {
		return portable[T]
	}
	var x T
	if _, ok := any(x).(float32); ok {
		return any(kernel[float32](avx2Float32)).(kernel[T])
	}
	return any(kernel[float64](avx2Float64)).(kernel[T])
}

func avx2Float32(k int, a []float32, lda int, b, c []float32, ldc int, add bool) {
	_, _, _ = a[(tileRows-1)*lda+k-1], b[k*16-1], c[(tileRows-1)*ldc+15]
	tile6x16(k, &a[0], lda, &b[0], &c[0], ldc, add)
}

func avx2Float64(k int, a []float64, lda int, b, c []float64, ldc int, add bool) {
	_, _, _ = a[(tileRows-1)*lda+k-1], b[k*8-1], c[(tileRows-1)*ldc+7]
	tile6x8(k, &a[0], lda, &b[0], &c[0], ldc, add)
}

// squareKernel is a kernel of Gram matrices: see portableSquare.
type squareKernel func(k int, a, b, c *float64, ldc int)

// hasAVX512 is about the only kernel that uses it: of all the products, Gram matrices alone
// are the same with registers of whatever width.
var hasAVX512 = hasAVX2 && cpu.X86.HasAVX512F

var squares = func() squareKernel {
	if hasAVX512 {
		return square8wide
	}
	return square8
}()

// addSquare adds to a tile the product of the transpose of panel a [k, 8] and panel b [k, 8].
func addSquare(k int, a, b, tile []float64) {
	if !hasAVX2 {
		portableSquare(k, a, b, tile)
		return
	}
	assemblySquare(squares, k, a, b, tile)
}

func assemblySquare(kernel squareKernel, k int, a, b, tile []float64) {
	_, _, _ = a[k*square-1], b[k*square-1], tile[square*square-1]
	kernel(k, &a[0], &b[0], &tile[0], square)
}

// along is portableAlong.
func along(dst []float64, x Matrix[float32]) {
	if !hasAVX2 || x.Cols == 0 {
		portableAlong(dst, x)
		return
	}
	_, _ = dst[x.Cols*square-1], x.Data[(x.Cols-1)*x.ColStep+square-1]
	packAlong(x.Cols, &dst[0], &x.Data[0], x.ColStep)
}

// across is portableAcross.
func across(dst []float64, x Matrix[float32]) {
	whole := x.Cols &^ (half - 1)
	if !hasAVX2 || whole == 0 {
		portableAcross(dst, x)
		return
	}
	_, _ = dst[(whole-1)*square+half-1], x.Data[(half-1)*x.RowStep+whole-1]
	packAcross(whole/half, &dst[0], &x.Data[0], x.RowStep)
	if whole < x.Cols {
		portableAcross(dst[whole*square:], x.Part(0, half, whole, x.Cols))
	}
}
