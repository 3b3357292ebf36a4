//go:build !amd64 || noasm

package gemm

// Class names the kernel in use: "avx2-fma" or "portable".
func Class() string { return "portable" }

func kernelOf[T Float]() kernel[T] { return portable[T] }

func addSquare(k int, a, b, tile []float64) { portableSquare(k, a, b, tile) }

func along(dst []float64, x Matrix[float32]) { portableAlong(dst, x) }

func across(dst []float64, x Matrix[float32]) { portableAcross(dst, x) }
