// Package gemm multiplies matrices of float32 or float64 whose one dimension at
// least is thin, as those of LoRA are.
//
// It follows Goto and van de Geijn, "Anatomy of high-performance matrix
// multiplication" (2008): B is packed into panels as wide as a cache line, and
// a kernel keeps a tile of 6 rows and one panel of the result in registers. The
// kernel is Go, or for amd64 with AVX2 and FMA the assembly that ../asm makes.
//
// What lives here: the multiplication and nothing else; vectors, norms and
// decompositions are in package lowrank.
//
// Gram matrices of float32, accumulated in float64, have a kernel of their own (AddGram), for
// AVX-512 too: both operands are the same panels, and half of the tiles are enough.
//
// Every element of a product is summed in one order, whatever the shape, the
// strides and the number of workers: blocks of 256 products, each block one
// chain from 0, the blocks added in turn. A kernel class fuses multiplication
// and addition or does not, so results differ between classes; but not where
// the products are exact, as those of float32 values are in float64.
package gemm
