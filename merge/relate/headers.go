package relate

import (
	"math"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/stages"
)

// mostDrafted is the rank beyond which a draft cuts the sum of the ranks: of what more would
// keep, servers' limits and memory ask a price that its author should agree to.
const mostDrafted = 64

// Headers are what some adapters have in common, as far as their headers show.
type Headers struct {
	Gaps    bool     // an adapter lacks pairs that others have
	Heads   bool     // whole tensors can be averaged, other than rows of tokens
	Rows    bool     // rows of tokens are merged
	Shared  bool     // several adapters have a row of one token, and these are averaged
	Left    []string // globs of whole tensors that can't be averaged, sorted
	RankSum int      // of the adapters' ranks at a module, the most
}

// Averages reports whether the weights of a merge must sum to 1.
func (h *Headers) Averages() bool { return h.Heads || h.Shared }

// HeadersOf looks at the adapters' modules.
func HeadersOf(adapters []Opened) *Headers {
	h := new(Headers)
	first := make(map[string]*adapter.Module) // of each name, in the adapters' order
	holders := make(map[string]int)
	ranks := make(map[string]int)
	for _, a := range adapters {
		for i := range a.Modules {
			m := &a.Modules[i]
			holders[m.Name]++
			ranks[m.Name] += m.Rank
			if first[m.Name] == nil {
				first[m.Name] = m
			}
			if m.Form == adapter.Whole && !(m.W.DType.IsFloat() && slices.Equal(m.W.Shape, first[m.Name].W.Shape)) {
				h.leave(m.Name)
			}
		}
	}
	for name, m := range first {
		if m.Form == adapter.Whole && holders[name] < len(adapters) && !m.IsCopy() && !m.IsToken() {
			h.leave(name)
		}
		h.Gaps = h.Gaps || m.Form != adapter.Whole && holders[name] < len(adapters)
		h.RankSum = max(h.RankSum, ranks[name])
	}
	h.leaveCutHeads(adapters, first)
	for name, m := range first {
		if m.Form != adapter.Whole || m.IsCopy() || slices.Contains(h.Left, name) {
			continue
		}
		h.Heads = h.Heads || !m.IsToken()
		h.Rows = h.Rows || m.IsToken()
		h.Shared = h.Shared || m.IsToken() && holders[name] > 1
	}
	h.joinRows(first)
	return h
}

// Rank is that of a draft whose author asks for none.
func (h *Headers) Rank() int { return min(h.RankSum, mostDrafted) }

// Inputs is the stage of a draft that is merged: the load, or what whole tensors were left out of.
func (h *Headers) Inputs() string {
	if len(h.Left) > 0 {
		return "alike"
	}
	return "adapters"
}

func (h *Headers) leave(name string) {
	if !slices.Contains(h.Left, name) {
		h.Left = append(h.Left, name)
	}
}

// leaveCutHeads leaves out the rest of every head of which a part is left out.
func (h *Headers) leaveCutHeads(adapters []Opened, first map[string]*adapter.Module) {
	inputs := make([]*adapter.Adapter, len(adapters))
	for i, a := range adapters {
		inputs[i] = a.Adapter
	}
	for {
		var kept []*adapter.Module
		for name, m := range first {
			if !slices.Contains(h.Left, name) {
				kept = append(kept, m)
			}
		}
		slices.SortFunc(kept, func(x, y *adapter.Module) int { return strings.Compare(x.Name, y.Name) })
		cut := stages.CutHeads(inputs, kept)
		if len(cut) == 0 {
			return
		}
		for _, head := range cut {
			h.leave(head.Kept)
		}
	}
}

// LeaveHeads leaves out every whole tensor, for readers that load none.
func (h *Headers) LeaveHeads(adapters []Opened) {
	for _, a := range adapters {
		for i := range a.Modules {
			if a.Modules[i].Form == adapter.Whole {
				h.leave(a.Modules[i].Name)
			}
		}
	}
	h.Heads, h.Rows, h.Shared = false, false, false
	first := make(map[string]*adapter.Module)
	for _, name := range h.Left {
		first[name] = nil
	}
	h.joinRows(first)
}

// joinRows sorts what is left out, and has one glob for a layer of which no row of a token stays.
func (h *Headers) joinRows(all map[string]*adapter.Module) {
	stays := make(map[string]bool) // by layer
	for name := range all {
		if token, row := adapter.TokenOf(name); row && !slices.Contains(h.Left, name) {
			stays[token.Layer] = true
		}
	}
	for i, name := range h.Left {
		if token, row := adapter.TokenOf(name); row && !stays[token.Layer] {
			h.Left[i] = adapter.RowsGlob(token.Layer)
		}
	}
	slices.Sort(h.Left)
	h.Left = slices.Compact(h.Left)
}

// Sizes are an adapter's counts and ranges; the ranges of its pairs alone.
type Sizes struct {
	Pairs, Whole  int
	Rows          int // of tokens, beside the whole tensors
	Ranks, Alphas plan.Range
}

// SizesOf counts.
func SizesOf(a *adapter.Adapter) Sizes {
	s := Sizes{Ranks: plan.Range{Min: math.Inf(1), Max: math.Inf(-1)}, Alphas: plan.Range{Min: math.Inf(1), Max: math.Inf(-1)}}
	for i := range a.Modules {
		m := &a.Modules[i]
		switch {
		case m.IsToken():
			s.Rows++
			continue
		case m.Form == adapter.Whole:
			s.Whole++
			continue
		}
		s.Pairs++
		s.Ranks = plan.Range{Min: min(s.Ranks.Min, float64(m.Rank)), Max: max(s.Ranks.Max, float64(m.Rank))}
		s.Alphas = plan.Range{Min: min(s.Alphas.Min, m.Alpha), Max: max(s.Alphas.Max, m.Alpha)}
	}
	return s
}

// pathsOf names some adapters.
func pathsOf(adapters []Opened) string {
	names := make([]string, len(adapters))
	for i, a := range adapters {
		names[i] = a.Given
	}
	return strings.Join(names, ", ")
}
