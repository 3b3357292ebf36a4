package lowrank

import (
	"runtime"

	"github.com/loramerge/loramerge/internal/lowrank/gemm"
)

// Class names all that the last bits of Dense, Distance, Decompose
// and DecomposeDense may depend on beside their arguments: the kernel of the
// products, the architecture, and how the build rounds. Its form is
// "avx2-fma/amd64", "portable/arm64+fused", "portable/amd64+noasm".
func Class() string {
	return gemm.Class() + "/" + runtime.GOARCH + fused + noasm
}
