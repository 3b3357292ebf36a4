package stages

import (
	"github.com/loramerge/loramerge/internal/lowrank"
	"github.com/loramerge/loramerge/recipe"
)

// Matrix is a row-major float32 matrix; a vector has one row.
type Matrix = lowrank.Matrix

// Value is what flows along an edge at one module: one Part for every adapter of
// the Type, in its order. Values are shared and never written to after Apply.
type Value []Part

// Part is one adapter's share of a Value. An adapter that lacks the module has a
// Part without tensors.
type Part struct {
	Adapter string
	A, B    Matrix // in factors, or of a delta held as the product B·A
	W       Matrix // of a dense delta, M of the core space, or a whole tensor
	Raw     []byte // of a whole tensor whose dtype is only carried
	// Bases are those of the core space, in which W is M.
	Bases *lowrank.Bases
}

// Absent reports whether the adapter lacks the module.
func (p *Part) Absent() bool { return p.A.Data == nil && p.W.Data == nil && p.Raw == nil }

// Tensors lists the matrices that the part holds: A and B, or W.
func (p *Part) Tensors() []*Matrix {
	switch {
	case p.W.Data != nil:
		return []*Matrix{&p.W}
	case p.A.Data != nil:
		return []*Matrix{&p.A, &p.B}
	default:
		return nil
	}
}

// labels names the tensors of a part, as the streams of chance do.
func (p *Part) labels() string {
	switch {
	case p.Bases != nil:
		return "M"
	case p.W.Data != nil:
		return "W"
	}
	return "AB"
}

// Env is where Apply works: the module, the space that its main input is in, and
// what there is to work with.
type Env struct {
	recipe.Site
	Space   Space
	Memory  Memory
	Workers int             // goroutines for one large product; results do not depend on it
	Report  func(Deviation) // takes what a stage lost at this module; nil if nobody asks
}

// Memory hands out slices, whose contents are undefined, and takes back those that
// were no part of a result.
type Memory interface {
	Floats(n int) []float32
	Free([]float32)
}

// Heap is Memory from the Go heap.
type Heap struct{}

// Floats makes a new slice.
func (Heap) Floats(n int) []float32 { return make([]float32, n) }

// Free leaves it to the garbage collector.
func (Heap) Free([]float32) {}
