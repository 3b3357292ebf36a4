//go:build amd64 && !noasm

package givens

import "golang.org/x/sys/cpu"

//go:generate go -C ../asm run . -kernels givens -pkg givens -out ../givens/chain_amd64.s -stubs ../givens/chain_amd64.go

var hasAVX2 = cpu.X86.HasAVX2

func chain(x, c, s []float64) {
	if !hasAVX2 {
		portable(x, c, s)
		return
	}
	_, _, _ = x[(len(c)+1)*strip-1], c[0], s[len(c)-1]
	chain16(len(c), &x[0], &c[0], &s[0])
}
