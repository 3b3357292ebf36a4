package run

import (
	"math"
	"slices"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/stages"
)

// sample keeps as many modules as take a tenth of the run's time to measure, or as cost next to
// nothing, and marks as many of them for measuring what the cuts keep as take another tenth.
func (g *graph) sample(all []*sizing) {
	budget := cheapWork / 4
	for _, n := range g.nodes {
		budget += stages.Cost(n.Kind, n.Op, n.In, n.Out) // nanoseconds, of about ten multiplications each
	}
	total := func(work func(*sizing, *adapter.Module) float64) (sum float64) {
		for _, s := range all {
			for _, m := range s.at.In[0].Members[0].Modules {
				sum += work(s, m)
			}
		}
		return sum
	}
	share := budget / total((*sizing).work)
	for _, s := range all {
		s.at.In[0].Members[0].Modules = spread(s.at.In[0].Members[0].Modules, share)
	}
	share = budget / total((*sizing).cutWork)
	for _, s := range all {
		s.cutAt = make(map[string]bool)
		for _, m := range spread(s.at.In[0].Members[0].Modules, share) {
			s.cutAt[m.Name] = len(s.cuts) > 0
		}
		s.takeKnown()
	}
}

// takeKnown leaves of the modules those at which there is more to measure than a survey has.
func (s *sizing) takeKnown() {
	modules := &s.at.In[0].Members[0].Modules
	*modules = slices.DeleteFunc(slices.Clone(*modules), func(m *adapter.Module) bool {
		norms, known := s.known(m.Name)
		if known {
			s.found[m.Name] = measured{Norms: norms}
		}
		return known && !s.cutAt[m.Name]
	})
}

// spread picks a share of the modules by the golden ratio, so that they follow no period of the
// layers.
func spread(modules []*adapter.Module, share float64) []*adapter.Module {
	if share >= 1 {
		return modules
	}
	var kept []*adapter.Module
	for i, m := range modules {
		if _, place := math.Modf(float64(i) * math.Phi); place < share {
			kept = append(kept, m)
		}
	}
	return kept
}

// work is the number of multiplications that measuring a module takes.
func (s *sizing) work(m *adapter.Module) float64 {
	if _, known := s.known(m.Name); known {
		return 0
	}
	sides, area := float64(m.Out()+m.In()), float64(m.Out())*float64(m.In())
	ranks := func(t stages.Type) (sum float64) {
		for _, other := range t.At(m.Name) {
			sum += float64(other.Rank)
		}
		return sum
	}
	// of the inner products of all members of t
	products := func(t stages.Type) float64 {
		count, rank := float64(len(t.Members)), float64(m.Rank)
		switch {
		case t.Dense:
			return count * count / 2 * area
		case t.Space == stages.Core:
			return count * count / 2 * rank * rank
		}
		return ranks(t) * ranks(t) * sides
	}
	work := products(s.at.In[0]) + products(s.at.In[1])
	if s.at.In[0].Dense && !s.at.In[1].Dense {
		work += area
	}
	return work
}

// cutWork is that of measuring what the cuts keep, of which each multiplication takes as
// long as two of the others, which are those of symmetric matrices.
func (s *sizing) cutWork(m *adapter.Module) float64 {
	ranks := func(t stages.Type) (sum float64) {
		for _, other := range t.At(m.Name) {
			sum += float64(other.Rank)
		}
		return sum
	}
	work := 0.0
	for i := range s.cuts {
		work += 2 * ranks(s.at.In[2]) * ranks(s.at.In[3+i]) * float64(m.Out()+m.In())
	}
	return work
}
