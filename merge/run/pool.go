package run

import "sync"

// pool hands out slices of float32 and takes them back, so that a run allocates
// for the modules in progress and not for all there are.
type pool struct {
	bySize sync.Map // of int to *sync.Pool
}

func (p *pool) of(n int) *sync.Pool {
	if found, ok := p.bySize.Load(n); ok {
		return found.(*sync.Pool)
	}
	made, _ := p.bySize.LoadOrStore(n, &sync.Pool{New: func() any { x := make([]float32, n); return &x }})
	return made.(*sync.Pool)
}

// Floats gives a slice whose contents are undefined.
func (p *pool) Floats(n int) []float32 { return *p.of(n).Get().(*[]float32) }

// Free takes a slice back that nothing refers to any more.
func (p *pool) Free(x []float32) {
	if len(x) > 0 {
		p.of(len(x)).Put(&x)
	}
}
