package stages

import "github.com/loramerge/loramerge/adapter"

// The costs of the heavier kinds of work, in nanoseconds of one core, as measured on
// a Zen 4 core by the benchmarks of internal/lowrank. They only decide what is worth
// keeping, so a factor of two does no harm.
const (
	perElement       = 1.0  // one pass of an element-wise verb
	perProductTerm   = 0.04 // of out·in·k for B·A
	perThinTerm      = 0.08 // of (out+in)·k² for two Gram matrices and a small SVD
	perSubspaceTerm  = 0.4  // of out·in·(rank+10) for the block iterations of a dense delta
	oversampledRanks = 10
)

// Cost is the cost of a stage over all modules, in nanoseconds of one core; bytes are
// those of what flows out.
func Cost(s Op, in []Type, out Type, bytes int64) float64 {
	work := float64(bytes) / 4 * perElement
	if len(in) > 0 && out.Dense && !in[0].Dense {
		work += multiplyingOut(in[0])
	}
	if w, ok := s.(Costly); ok {
		for _, module := range out.Union() {
			work += w.Cost(module)
		}
	}
	return work
}

// multiplyingOut is the cost of the products B·A, and of a pass over each.
func multiplyingOut(t Type) float64 {
	work := 0.0
	for _, member := range t.Members {
		for _, m := range member.Modules {
			if m.Form != adapter.Whole {
				work += float64(m.Out()) * float64(m.In()) * (float64(m.Rank)*perProductTerm + perElement)
			}
		}
	}
	return work
}

// Cost is that of the decompositions.
func (f *factoring) Cost(module string) float64 {
	work := 0.0
	for i, m := range f.In[0].At(module) {
		switch {
		case m.Form == adapter.Whole:
		case f.In[0].Dense:
			work += float64(m.Out()) * float64(m.In()) * float64(f.rank(f.In[0].Members[i].Name, m)+oversampledRanks) * perSubspaceTerm
		default:
			work += float64(m.Out()+m.In()) * float64(m.Rank) * float64(m.Rank) * perThinTerm
		}
	}
	return work
}
