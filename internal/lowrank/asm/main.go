// Command asm generates the AVX2 kernels of the packages gemm and givens, with avo. It
// is a module of its own so that nobody who builds loramerge needs avo.
package main

import (
	"flag"

	. "github.com/mmcloughlin/avo/build"
)

func main() {
	kernels := flag.String("kernels", "gemm", "which package's: gemm or givens")
	flag.Parse()
	ConstraintExpr("amd64,!noasm")
	switch *kernels {
	case "gemm":
		tile("tile6x16", element{"float32", 4, VBROADCASTSS, VMOVUPS, VADDPS, VFMADD231PS})
		tile("tile6x8", element{"float64", 8, VBROADCASTSD, VMOVUPD, VADDPD, VFMADD231PD})
		square()
		squareWide()
		packs()
	case "givens":
		chain()
	default:
		panic("no package " + *kernels)
	}
	Generate()
}
