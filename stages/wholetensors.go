package stages

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
)

// checkWhole refuses whole tensors that the adapters do not all have alike: nothing can replace
// the base model's own weights, and there is no mean of two shapes, or of whole numbers. It names
// all of them, and the stage that leaves them out.
func (s Spec) checkWhole(in Type, combines bool) error {
	var names, reasons []string
	lacked := make([][]string, len(in.Members))
	for _, name := range in.Union() {
		lacks, why := unaverageable(in, name, combines)
		if lacks >= 0 {
			lacked[lacks] = append(lacked[lacks], fmt.Sprintf("%q", name))
		} else if why != "" {
			reasons = append(reasons, why)
		}
		if lacks >= 0 || why != "" {
			names = append(names, name)
		}
	}
	for i, lacks := range lacked {
		if len(lacks) > 0 {
			reasons = append(reasons, fmt.Sprintf("%q has no %s", in.Members[i].Name, listed(lacks, ", ")))
		}
	}
	if len(names) == 0 {
		return nil
	}
	alike := s.written().Name + "_alike"
	return fault.At(s.Position, "whole tensors can't be averaged here: %s", listed(reasons, "; ")).
		Mend(fmt.Sprintf("leave them out: add the stage `%s: {select: %s, exclude: [%s]}` and use %s here", alike, s.inputsText(), excluding(in, names), alike)).See("whole-tensors")
}

// unaverageable says why a whole tensor must be left out: the member that lacks it, or -1 and
// the reason, which is empty if it need not.
func unaverageable(in Type, name string, combines bool) (lacks int, why string) {
	var holders []int
	var first *adapter.Module
	unlike := ""
	for i, m := range in.At(name) {
		if first == nil {
			first = m
		}
		if unlike == "" && m.Form == adapter.Whole && first.Form == adapter.Whole && !sameLayer(first, m) {
			unlike = fmt.Sprintf("%q is %s in %q and %s in %q", name, layerText(first), in.Members[holders[0]].Name, layerText(m), in.Members[i].Name)
		}
		holders = append(holders, i)
	}
	switch {
	case first.Form != adapter.Whole:
		return -1, ""
	case len(holders) < len(in.Members) && (first.IsCopy() || first.IsToken()):
		return -1, unlike // nothing is lacking: the base model has its own
	case len(holders) < len(in.Members):
		return lacking(holders), ""
	case unlike == "" && combines && !first.W.DType.IsFloat():
		return -1, fmt.Sprintf("%q holds %s", name, first.W.DType)
	}
	return -1, unlike
}

// lacking is the first place that is not among the holders, which are in order.
func lacking(holders []int) int {
	for i, at := range holders {
		if i != at {
			return i
		}
	}
	return len(holders)
}

// mostNamed is how many names a remedy lists before it takes globs.
const mostNamed = 12

// excluding are the globs that leave out the whole tensors of these names: of many, those
// that end alike.
func excluding(in Type, names []string) string {
	if len(names) > mostNamed {
		names = endings(in, rowsTogether(names))
	}
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = fmt.Sprintf("%q", name)
	}
	return strings.Join(quoted, ", ")
}

// rowsTogether has one glob for all rows of tokens of a layer.
func rowsTogether(names []string) []string {
	var out []string
	for _, name := range names {
		if token, row := adapter.TokenOf(name); row {
			name = adapter.RowsGlob(token.Layer)
		}
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// endings are globs by the last part of the names, as far as they reach no pair.
func endings(in Type, names []string) []string {
	reached := make(map[string]bool)
	for _, pair := range in.pairs() {
		reached[path.Ext(pair)] = true
	}
	var out []string
	seen := make(map[string]bool)
	for _, name := range names {
		glob := "*" + path.Ext(name)
		if strings.HasSuffix(name, "[token *") || reached[path.Ext(name)] || glob == "*" {
			glob = name
		}
		if !seen[glob] {
			seen[glob] = true
			out = append(out, glob)
		}
	}
	return out
}

// listed joins the first few.
func listed(items []string, separator string) string {
	const most = 6
	if len(items) <= most {
		return strings.Join(items, separator)
	}
	return fmt.Sprintf("%s and %d more", strings.Join(items[:most], separator), len(items)-most)
}
