package stages

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
)

// The row of a token replaces the base model's, which is in no adapter. One that a single adapter
// has is kept bit for bit. Of several there is only the mean: Σ wᵢ·xᵢ over those that have the row,
// where their weights, or those of all adapters, sum to 1; in the second case they are divided by
// their own sum.

// checkTokenShares refuses rows of tokens of which the weights give no mean.
func checkTokenShares(s Spec, c Combiner, in Type) error {
	var left []string
	reason := ""
	for _, site := range Sites(in.Union()) {
		if token, row := adapter.TokenOf(site.Module); row && len(in.Members) > 1 {
			if why := noMean(token, in, c.Shares(site, in.Names())); why != "" {
				left, reason = append(left, site.Module), cmp.Or(reason, why)
			}
		}
	}
	if len(left) == 0 {
		return nil
	}
	without := s.written().Name + "_alike"
	return fault.At(keyWeights.At(s.Params), "%s", reason).
		Mend(fmt.Sprintf("let the weights sum to 1, or leave it out: add the stage `%s: {select: %s, exclude: [%s]}` and use %s here", without, s.inputsText(), excluding(in, left), without)).See("token-rows")
}

// noMean says why a row can't be merged by these shares of all adapters; empty if it can.
func noMean(token adapter.Token, in Type, shares []float64) string {
	var names []string
	var held []float64
	for i := range in.At(token.Name()) {
		names, held = append(names, fmt.Sprintf("%q", in.Members[i].Name)), append(held, shares[i])
	}
	sum := total(held)
	switch {
	case len(held) == 1 && !(sum > 0):
		return fmt.Sprintf("the row of token %d of %q is in %s alone, whose weight is %.6g, and would replace the base model's at full strength", token.ID, token.Layer, names[0], sum)
	case len(held) > 1 && !isOne(sum) && (!isOne(total(shares)) || sum == 0):
		return fmt.Sprintf("%s have rows for token %d of %q, which are averaged, but their weights sum to %.6g", listed(names, ", "), token.ID, token.Layer, sum)
	}
	return ""
}

// KeptRows lists, by the adapters that have them, how many rows of tokens replace the base model's
// at full strength though these adapters' weights in a stage don't sum to 1; it is empty without any.
func KeptRows(c Combiner, in Type) string {
	var groups []string
	rows := make(map[string]int)
	for _, site := range Sites(in.Union()) {
		if _, row := adapter.TokenOf(site.Module); !row {
			continue
		}
		var names []string
		var held []float64
		shares := c.Shares(site, in.Names())
		for i := range in.At(site.Module) {
			names, held = append(names, fmt.Sprintf("%q", in.Members[i].Name)), append(held, shares[i])
		}
		if sum := total(held); !isOne(sum) {
			group := fmt.Sprintf("of %s (weight %.6g)", names[0], sum)
			if len(names) > 1 {
				group = fmt.Sprintf("of %s (weights that sum to %.6g)", listed(names, ", "), sum)
			}
			if rows[group] == 0 {
				groups = append(groups, group)
			}
			rows[group]++
		}
	}
	for i, group := range groups {
		groups[i] = fmt.Sprintf("%d %s", rows[group], group)
	}
	return listed(groups, ", ")
}

func isOne(sum float64) bool { return math.Abs(sum-1) <= shareTolerance }

// holders are the parts that have a whole tensor, and what each counts.
func holders(in Value, shares []float64) (Value, []float64) {
	if !slices.ContainsFunc(in, func(p Part) bool { return p.Absent() }) {
		return in, shares
	}
	var held Value
	var left []float64
	for i := range in {
		if !in[i].Absent() {
			held, left = append(held, in[i]), append(left, shares[i])
		}
	}
	if sum := total(left); !isOne(sum) {
		left = divided(left)
	}
	return held, left
}

// checkTokens refuses an embedding that would be changed in two ways: PEFT wraps it once. All of
// its rows are stored as one tensor, and have one width.
func (s *saving) checkTokens(in Type) error {
	member := in.Members[0]
	rows, first := adapter.TokenIDs(member.Modules), make(map[string]*adapter.Module)
	for _, m := range member.Modules {
		if token, row := adapter.TokenOf(m.Name); row {
			if x := first[token.Layer]; x == nil {
				first[token.Layer] = m
			} else if x.W.Elements() != m.W.Elements() {
				return fault.At(s.Inputs[0].Position, "%q has %d elements and %q has %d: no embedding has rows of two widths", x.Name, x.W.Elements(), m.Name, m.W.Elements()).
					Mend(fmt.Sprintf("check that the adapters are of one base model, or leave the rows out with `select … exclude`: %q", adapter.RowsGlob(token.Layer))).See("token-rows")
			}
		}
		layer := m.Name
		if m.Form == adapter.Whole {
			layer = strings.TrimSuffix(layer, ".weight")
		}
		if len(rows[layer]) > 0 {
			return fault.At(s.Inputs[0].Position, "%q is changed in two ways, by rows of tokens and by %q, and PEFT loads one of them", layer, m.Name).
				Mend(fmt.Sprintf("leave one out with `select … exclude`: %q or %q", adapter.RowsGlob(layer), m.Name)).See("token-rows")
		}
	}
	return nil
}
