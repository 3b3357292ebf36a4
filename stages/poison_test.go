package stages_test

import (
	"math"
	"sync"
)

// poison is a Memory whose slices hold NaN when they are handed out and again when
// they are taken back, so that nobody may rely on either. It counts what is out.
type poison struct {
	mu        sync.Mutex
	now, most int64 // bytes
}

func (p *poison) Floats(n int) []float32 {
	p.count(4 * int64(n))
	x := make([]float32, n)
	spoil(x)
	return x
}

func (p *poison) Free(x []float32) {
	p.count(-4 * int64(len(x)))
	spoil(x)
}

func spoil(x []float32) {
	for i := range x {
		x[i] = float32(math.NaN())
	}
}

func (p *poison) count(bytes int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now += bytes
	p.most = max(p.most, p.now)
}
