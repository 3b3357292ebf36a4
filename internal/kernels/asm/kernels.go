package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
)

// An emitter adds the kernels to one file, a function each.
type emitter struct{ *build.Context }

func kernels() (*ir.File, error) {
	e := emitter{build.NewContext()}
	e.ConstraintExpr("amd64,!noasm")
	e.conversions()
	e.scaling()
	e.combine()
	e.selections()
	e.votes()
	e.means()
	e.elect()
	e.magnitudes()
	e.reductions()
	e.chance()
	return e.Result()
}

// begin starts a function that does not keep its arguments.
func (e emitter) begin(name, signature string) {
	e.Function(name)
	e.Pragma("noescape")
	e.SignatureExpr(signature)
}

// end clears the upper halves, which would slow SSE code down.
func (e emitter) end() {
	e.VZEROUPPER()
	e.RET()
}
