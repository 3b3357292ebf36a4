// Command asm generates the AVX2 and FMA kernels of package gemm, with avo. It
// is a module of its own so that nobody who builds loramerge needs avo.
package main

import (
	. "github.com/mmcloughlin/avo/build"
)

func main() {
	ConstraintExpr("amd64,!noasm")
	tile("tile6x16", element{"float32", 4, VBROADCASTSS, VMOVUPS, VADDPS, VFMADD231PS})
	tile("tile6x8", element{"float64", 8, VBROADCASTSD, VMOVUPD, VADDPD, VFMADD231PD})
	Generate()
}
