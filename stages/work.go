package stages

import "github.com/loramerge/loramerge/adapter"

// The costs of the heavier kinds of work, in nanoseconds of one core, as measured on
// a Zen 4 core by the benchmarks of internal/lowrank. They only decide what is worth
// keeping, so a factor of two does no harm.
const (
	perElement       = 1.0  // one pass of an element-wise verb
	perProductTerm   = 0.04 // of out·in·k for B·A
	perThinTerm      = 0.24 // of (out+in)·k² for two QRs and a small SVD
	perSubspaceTerm  = 0.4  // of out·in·(rank+10) for the block iterations of a dense delta
	oversampledRanks = 10
)

// Work is the cost of a stage at a module, in nanoseconds of one core.
func Work(s Stage, module string, in []Type, out Type) float64 {
	work := float64(out.Bytes(module)) / 4 * perElement
	if len(in) == 0 {
		return work
	}
	if out.Dense && !in[0].Dense {
		for _, m := range in[0].At(module) {
			if m.Form != adapter.Whole {
				work += float64(m.Out()) * float64(m.In()) * (float64(m.Rank)*perProductTerm + perElement)
			}
		}
	}
	if w, ok := s.(Worker); ok {
		work += w.Work(module, in)
	}
	return work
}

// Work is that of the decompositions.
func (f *factoring) Work(module string, in []Type) float64 {
	work := 0.0
	for i, m := range in[0].At(module) {
		switch {
		case m.Form == adapter.Whole:
		case in[0].Dense:
			work += float64(m.Out()) * float64(m.In()) * float64(f.rank(in[0].Members[i].Name, m)+oversampledRanks) * perSubspaceTerm
		default:
			work += float64(m.Out()+m.In()) * float64(m.Rank) * float64(m.Rank) * perThinTerm
		}
	}
	return work
}
