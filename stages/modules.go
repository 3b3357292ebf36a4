package stages

import (
	"fmt"
	"slices"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/recipe"
)

// merged are the modules of one adapter made of several that are aligned: their
// dtypes promoted, and of deltas held as products the ranks added up.
func merged(in Type) []*adapter.Module {
	if len(in.Members) == 1 {
		return in.Members[0].Modules
	}
	names := in.Union()
	out := make([]*adapter.Module, len(names))
	for i, name := range names {
		out[i] = mergedModule(in, name)
	}
	return out
}

func mergedModule(in Type, name string) *adapter.Module {
	var m adapter.Module
	rank := 0
	for _, other := range in.At(name) {
		rank += other.Rank
		if m.Name == "" {
			m = *other
			continue
		}
		m.RankPending = m.RankPending || other.RankPending
		if m.Form == adapter.Whole {
			m.W.DType = adapter.Promote(m.W.DType, other.W.DType)
			continue
		}
		m.A.DType = adapter.Promote(m.A.DType, other.A.DType)
		m.B.DType = adapter.Promote(m.B.DType, other.B.DType)
	}
	if in.Space == Delta && !in.Dense && m.Form != adapter.Whole {
		m = withRank(m, rank)
	}
	return &m
}

// withRank is the pair with another rank; its scale stays, so alpha follows.
func withRank(m adapter.Module, rank int) adapter.Module {
	if rank != m.Rank {
		m.Rank, m.Alpha = rank, m.Scale*float64(rank)
	}
	m.A.Shape = slices.Clone(m.A.Shape)
	m.B.Shape = slices.Clone(m.B.Shape)
	m.A.Shape[0], m.B.Shape[1] = rank, rank
	return m
}

// Bytes is the memory that a Value of this Type holds at a module.
func (t Type) Bytes(module string) int64 {
	var sum int64
	for _, m := range t.At(module) {
		if t.Space == Core && sum == 0 && m.Form != adapter.Whole {
			sum += 8 * (int64(m.Out()) + int64(m.In()) + 2*int64(m.Rank)) * int64(m.Rank) // the bases
		}
		sum += t.bytesOf(m)
	}
	return sum
}

// AllBytes is the sum of Bytes over all modules.
func (t Type) AllBytes() int64 {
	var sum int64
	for _, member := range t.Members {
		for _, m := range member.Modules {
			sum += t.bytesOf(m)
		}
	}
	return sum
}

func (t Type) bytesOf(m *adapter.Module) int64 {
	switch {
	case m.Form == adapter.Whole:
		return 4 * int64(m.W.Elements())
	case t.Space == Core:
		p, q := coreSides(m)
		return 4 * int64(p) * int64(q)
	case t.Dense:
		return 4 * int64(m.Out()) * int64(m.In())
	default:
		return 4 * int64(m.A.Elements()+m.B.Elements())
	}
}

// largest is the number of elements of the largest tensor among the members' at a module.
func (t Type) largest(module string) int64 {
	var most int64
	for _, m := range t.At(module) {
		switch {
		case m.Form == adapter.Whole:
		case t.Space == Core:
			p, q := coreSides(m)
			most = max(most, int64(p)*int64(q))
		case t.Dense:
			most = max(most, int64(m.Out())*int64(m.In()))
		default:
			most = max(most, int64(m.Rank)*int64(max(m.Out(), m.In())))
		}
	}
	return most
}

// mapModules gives a changed copy of every pair; whole tensors stay. The copies lie side
// by side: the planner walks through hundreds of thousands of them.
func mapModules(modules []*adapter.Module, change func(adapter.Module) adapter.Module) []*adapter.Module {
	out, changed := slices.Clone(modules), make([]adapter.Module, len(modules))
	for i, m := range modules {
		if m.Form != adapter.Whole {
			changed[i] = change(*m)
			out[i] = &changed[i]
		}
	}
	return out
}

// foldScale is the module once its scale is in B.
func foldScale(m adapter.Module) adapter.Module {
	m.Scale, m.Alpha = 1, float64(m.Rank)
	return m
}

// shared is a module's part of the rank of its layer.
func shared(rank int, m *adapter.Module) int { return max(1, rank/m.Sharing()) }

// checkGroups refuses a rank that the groups of a convolution can't share evenly, as PEFT
// requires.
func (s Spec) checkGroups(key recipe.Key[uint64], in Type) error {
	if !key.In(s.Params) {
		return nil
	}
	for _, member := range in.Members {
		for _, m := range member.Modules {
			if groups := uint64(m.Sharing()); key.Of(s.Params)%groups != 0 {
				return fault.At(key.At(s.Params), "%q is one of %d groups of a convolution, which can't share a rank of %d", m.Name, groups, key.Of(s.Params)).
					Mend(fmt.Sprintf("choose a multiple of %d", groups))
			}
		}
	}
	return nil
}

// coreSides are the greatest numbers of rows and columns of a module's M.
func coreSides(m *adapter.Module) (p, q int) { return min(m.Rank, m.Out()), min(m.Rank, m.In()) }

// dense is the Type after a verb that works element by element: deltas can no
// longer be held as products.
func (t Type) dense() Type {
	t.Dense = t.Space == Delta
	return t
}

// densified is the memory that deltas held as products take at a module once they are
// multiplied out.
func (t Type) densified(module string) int64 {
	if t.Space != Delta || t.Dense {
		return 0
	}
	return t.dense().Bytes(module)
}

// oneDensified is the same for the largest of them alone.
func (t Type) oneDensified(module string) int64 {
	if t.densified(module) == 0 {
		return 0
	}
	return 4 * t.dense().largest(module)
}
