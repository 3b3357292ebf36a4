package stages

import (
	"fmt"
	"strings"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/recipetext"
)

// checkConnected refuses adapters that share no module with the first, directly or through
// others. Such a merge only puts adapters into one file, mostly because the modules of one model
// have two names: then half of it is ignored when it is loaded, without a word.
func (s Spec) checkConnected(in Type) error {
	var all *multierror.Error
	for _, m := range s.unconnected(in) {
		all = multierror.Append(all, m)
	}
	return all.ErrorOrNil()
}

func (s Spec) unconnected(in Type) []*fault.Fault {
	var out []*fault.Fault
	for _, y := range in.unconnected() {
		out = append(out, s.noCommonModules(in, 0, y).See("no-common-modules"))
	}
	return out
}

func (s Spec) noCommonModules(in Type, x, y int) *fault.Fault {
	from, to := in.member(x).pairs(), in.member(y).pairs()
	first, second := in.Members[x].Name, in.Members[y].Name
	for i, names := range [][]string{from, to} {
		if len(names) == 0 {
			return fault.At(s.Position, "adapter %q has no pair of A and B here to merge with the others'", []string{first, second}[i]).Mend("leave it out here")
		}
	}
	shifts := shiftsBetween(from, to)
	if len(shifts) == 0 {
		return fault.At(s.Position, "%q and %q have no module in common: one has %q, the other %q", first, second, from[0], to[0]).
			Mend("check that they belong to one model; if its modules only go by other names, match them with `rename` in the load")
	}
	forth, back := renaming(shifts, in, x), renaming(reversed(shifts), in, y)
	return fault.At(s.Position, "%q and %q have no module in common: %s", first, second, shiftText(shifts, len(from))).
		Mend(fmt.Sprintf("give them the names that your model has: load %s with `rename: %s`, or %s with `rename: %s`", first, forth, second, back))
}

// AlignmentWarnings warns of adapters that are merged although they have no module in common.
func (s Spec) AlignmentWarnings() []*fault.Fault {
	if len(s.In) == 0 || !s.countsZero() {
		return nil
	}
	return s.unconnected(s.In[0])
}

// member is the Type of one of its members.
func (t Type) member(i int) Type { return t.like(t.Members[i : i+1]) }

// unconnected lists members, one of each group, that no common module connects with the first.
func (t Type) unconnected() []int {
	groups := make([]int, len(t.Members))
	for i := range groups {
		groups[i] = i
	}
	root := func(i int) int {
		for groups[i] != i {
			groups[i] = groups[groups[i]]
			i = groups[i]
		}
		return i
	}
	pairs := t.pairs()
	for _, name := range pairs {
		first := -1
		for i := range t.At(name) {
			if first < 0 {
				first = i
			}
			groups[max(root(i), root(first))] = min(root(i), root(first))
		}
	}
	var out []int
	for i := range groups {
		if len(pairs) > 0 && i > 0 && groups[i] == i {
			out = append(out, i)
		}
	}
	return out
}

// shift is another beginning of modules' names.
type shift struct {
	from, to string
	count    int // of the names that it explains
}

const (
	mostShifts     = 4 // a vision tower, a language model, and little else
	mostSamples    = 8
	mostCandidates = 8
)

// shiftsBetween finds the beginnings by which names differ from those of another list, if
// they account for most of them. A beginning holds no layer's number: other layers are other modules.
func shiftsBetween(from, to []string) []shift {
	known := make(map[string]bool, len(to))
	byTail := make(map[string][]string)
	for _, name := range to {
		known[name] = true
		byTail[tail(name)] = append(byTail[tail(name)], name)
	}
	var out []shift
	left, explained := from, 0
	for len(out) < mostShifts && len(left) > 0 {
		best := bestShift(left, known, byTail)
		if best.count == 0 {
			break
		}
		out = append(out, best)
		explained += best.count
		var rest []string
		for _, name := range left {
			if !best.explains(name, known) {
				rest = append(rest, name)
			}
		}
		left = rest
	}
	if 2*explained < min(len(from), len(to)) {
		return nil
	}
	return out
}

// bestShift explains the most of the names, judged by a sample of them.
func bestShift(names []string, known map[string]bool, byTail map[string][]string) shift {
	var best shift
	tried := make(map[[2]string]bool)
	for k := range min(mostSamples, len(names)) {
		for _, s := range candidates(names[k*len(names)/min(mostSamples, len(names))], byTail) {
			if tried[[2]string{s.from, s.to}] {
				continue
			}
			tried[[2]string{s.from, s.to}] = true
			for _, name := range names {
				if s.explains(name, known) {
					s.count++
				}
			}
			if s.count > best.count {
				best = s
			}
		}
	}
	return best
}

func (s shift) explains(name string, known map[string]bool) bool {
	rest, ok := strings.CutPrefix(name, s.from)
	return ok && known[s.to+rest]
}

// candidates are the shifts to the names that share the longest end with this one.
func candidates(name string, byTail map[string][]string) []shift {
	var out []shift
	longest := 1
	for _, other := range byTail[tail(name)] {
		end := commonEnd(name, other)
		from, to := name[:len(name)-end], other[:len(other)-end]
		if end < longest || depth(from) >= 0 || depth(to) >= 0 {
			continue
		}
		if end > longest {
			longest, out = end, nil
		}
		if part := strings.IndexByte(name[len(from):], '.') + 1; part > 0 && (from == "" || to == "") {
			next := name[len(from):][:part]
			if depth(next) < 0 {
				out = append(out, shift{from: from + next, to: to + next}) // reads better than nothing
			}
		}
		if len(out) < mostCandidates {
			out = append(out, shift{from: from, to: to})
		}
	}
	return out
}

// commonEnd is the length of the whole dotted parts in which two names end alike.
func commonEnd(x, y string) int {
	end := 0
	for i := 1; ; i++ {
		atX, atY := len(x)-i, len(y)-i
		if atX < 0 || atY < 0 {
			if atX < 0 && (atY < 0 || y[atY] == '.') || atY < 0 && x[atX] == '.' {
				return i - 1
			}
			return end
		}
		if x[atX] != y[atY] {
			return end
		}
		if x[atX] == '.' {
			end = i - 1
		}
	}
}

func tail(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }

func reversed(shifts []shift) []shift {
	out := make([]shift, len(shifts))
	for i, s := range shifts {
		out[i] = shift{s.to, s.from, s.count}
	}
	return out
}

// shiftText says how names differ.
func shiftText(shifts []shift, names int) string {
	explained := 0
	parts := make([]string, len(shifts))
	for i, s := range shifts {
		parts[i] = beginning(s.from) + " / " + beginning(s.to)
		explained += s.count
	}
	if explained < names {
		return fmt.Sprintf("%d of %d names differ only by their beginning, %s", explained, names, strings.Join(parts, ", "))
	}
	return "the names differ only by their beginning, " + strings.Join(parts, ", ")
}

func beginning(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}

// renaming is the value of `rename` that makes the shifts, in a load that may read all
// the members at once: a beginning that another member's names have too is lengthened to
// one that they don't have.
func renaming(shifts []shift, in Type, of int) string {
	parts := make([]string, len(shifts))
	for i, s := range shifts {
		from, to := s.from, s.to
		for in.begins(from, of) {
			next, ok := in.nextPart(from, of)
			if !ok {
				break
			}
			from, to = from+next, to+next
		}
		parts[i] = recipetext.Scalar(from) + ": " + recipetext.Scalar(to)
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// begins reports whether a pair of another member begins so.
func (t Type) begins(prefix string, but int) bool {
	for i := range t.Members {
		if i == but {
			continue
		}
		for _, name := range t.member(i).pairs() {
			if strings.HasPrefix(name, prefix) {
				return true
			}
		}
	}
	return false
}

// nextPart is the dotted part that follows the beginning in all of a member's pairs that
// have it.
func (t Type) nextPart(prefix string, of int) (string, bool) {
	next := ""
	for _, name := range t.member(of).pairs() {
		rest, ok := strings.CutPrefix(name, prefix)
		if !ok {
			continue
		}
		dot := strings.IndexByte(rest, '.') + 1
		if dot == 0 || next != "" && rest[:dot] != next {
			return "", false
		}
		next = rest[:dot]
	}
	return next, next != ""
}
