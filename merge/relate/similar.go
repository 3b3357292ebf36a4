package relate

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Finding is something to know about adapters before they are merged.
type Finding struct {
	About    string   `json:"about"`
	Adapters []string `json:"adapters"`
	Text     string   `json:"text"`
	Remedy   string   `json:"remedy,omitempty"`
	Page     string   `json:"page,omitempty"` // of `loramerge errors`
}

// What a Finding is about.
const (
	Task      = "task"
	Files     = "files"
	Size      = "size"
	Direction = "direction"
	Subspace  = "subspace"
)

// Sentence is the finding as people read it.
func (f *Finding) Sentence() string {
	text := strings.ToUpper(f.About[:1]) + f.About[1:] + ": " + f.Text
	if f.Remedy != "" {
		text += "; " + f.Remedy
	}
	return text + "."
}

const (
	// lost is the share of the alignment that unrelated adapters of one size have, below which
	// little of one is left.
	lost = 1.0 / 3
	// unequal is the ratio of two norms that is worth telling.
	unequal = 2
	// related is the cosine from which on two adapters have much in common, if it is also beyond so
	// many standard deviations of unrelated ones. Experts of one task have tenths, of others hundredths.
	related, deviations = 0.1, 5
	// same is the cosine of what is one adapter to all intents.
	same = 0.95
	// spanned is the overlap from which on two subspaces are nearly one.
	spanned = 0.5
)

// similar are findings on how adapters relate, for a merge of the stage from. With averages its
// weights must sum to 1.
type similar struct {
	*totals
	adapters []Opened
	from     string // empty where a recipe is written already
	averages bool
}

func similarOf(t *totals, adapters []Opened) similar {
	h := HeadersOf(adapters)
	return similar{t, adapters, h.Inputs(), h.Averages()}
}

// weighty are the findings that bear on the weights of a merge: how large adapters are beside each
// other, which have much in common, and which work against each other.
func (s similar) weighty() []Finding { return slices.Concat(s.sizes(), s.directions()) }

func (s similar) names(members []int) []string {
	names := make([]string, len(members))
	for k, i := range members {
		names[k] = s.adapters[i].Name
	}
	return names
}

// sizes finds adapters of very different size.
func (s similar) sizes() []Finding {
	var zero, others []int
	for i := range s.adapters {
		if s.norm(i) == 0 {
			zero = append(zero, i)
		} else {
			others = append(others, i)
		}
	}
	out := []Finding{}
	if len(zero) > 0 {
		out = append(out, Finding{About: Size, Adapters: s.names(zero), Text: "the ΔW of " + listed(s.names(zero)) + " is zero, so there is nothing to merge", Remedy: "leave it out, or load a checkpoint that was trained"})
	}
	if len(others) < 2 {
		return out
	}
	byNorm := func(i, j int) int { return cmp.Compare(s.norm(i), s.norm(j)) }
	least, most := slices.MinFunc(others, byNorm), slices.MaxFunc(others, byNorm)
	if s.norm(most) < unequal*s.norm(least) {
		return out
	}
	f := Finding{About: Size, Adapters: s.names([]int{most, least}),
		Text: fmt.Sprintf("the ‖ΔW‖ of %s is %.3g times that of %s", s.adapters[most].Name, s.norm(most)/s.norm(least), s.adapters[least].Name)}
	if small := s.drowned(most); len(small) > 0 {
		f.Adapters = append(f.Adapters[:1], s.names(small)...)
		f.Text += ", and little is left of " + listed(s.names(small)) + " in a plain sum"
		f.Remedy = "a `weigh` before the merge gives all one size; only an evaluation shows which is better"
		if s.from != "" {
			f.Remedy = fmt.Sprintf("to give all one size, add the stage `even: {weigh: %s}` and merge `even` instead of `%s`; only an evaluation shows which is better", s.from, s.from)
		}
	} else {
		f.Text += ", and a sum follows the larger"
	}
	return append(out, f)
}

// drowned are the smaller adapters that have little alignment with the plain sum.
func (s similar) drowned(most int) (all []int) {
	for i := range s.adapters {
		f := s.alignment(i)
		if f.Value.Defined() && f.Value < lost*f.Unrelated && s.norm(i)*unequal < s.norm(most) {
			all = append(all, i)
		}
	}
	return all
}

// related reports whether two adapters have much in common, or work against each other.
func (s similar) related(i, j int) bool {
	c := s.cosine(i, j)
	return c.Value.Defined() && math.Abs(float64(c.Value)) >= max(related, deviations*float64(c.Unrelated))
}

// groups are adapters that are linked, directly or through others, of two or more.
func (s similar) groups(linked func(i, j int) bool) (all [][]int) {
	group := make([]int, s.n)
	for i := range group {
		group[i] = i
		for j := range i {
			if !linked(i, j) {
				continue
			}
			from, to := max(group[i], group[j]), min(group[i], group[j])
			for k := range group {
				if group[k] == from {
					group[k] = to
				}
			}
		}
	}
	for first := range s.n {
		var members []int
		for i := range group {
			if group[i] == first {
				members = append(members, i)
			}
		}
		if len(members) > 1 {
			all = append(all, members)
		}
	}
	return all
}

// directions finds adapters that have much in common, and such as work against each other.
func (s similar) directions() []Finding {
	out := []Finding{}
	for _, members := range s.groups(func(i, j int) bool { return s.related(i, j) && s.cosine(i, j).Value > 0 }) {
		out = append(out, s.alike(members))
	}
	for i := range s.n {
		for j := range i {
			if c := s.cosine(i, j).Value; s.related(i, j) && c < 0 {
				out = append(out, Finding{About: Direction, Adapters: s.names([]int{j, i}),
					Text: fmt.Sprintf("%s and %s work against each other (cosine %.2f): a merge cancels what they disagree on", s.adapters[j].Name, s.adapters[i].Name, c)})
			}
		}
	}
	return out
}

// alike says of adapters with much in common that this counts more than once.
func (s similar) alike(members []int) Finding {
	names := s.names(members)
	least, most, unrelated := 1.0, -1.0, 0.0
	for k, i := range members {
		for _, j := range members[:k] {
			c := s.cosine(j, i)
			least, most, unrelated = min(least, float64(c.Value)), max(most, float64(c.Value)), max(unrelated, float64(c.Unrelated))
		}
	}
	between := fmt.Sprintf("cosine %.2f", least)
	if most-least >= 0.005 {
		between = fmt.Sprintf("cosines %.2f to %.2f", least, most)
	}
	f := Finding{About: Direction, Adapters: names, Text: fmt.Sprintf("%s are nearly the same (%s), as checkpoints of one training are", listed(names), between)}
	share := "let them share one weight: `weights: " + s.sharedWeights(members) + "`"
	others := len(members) < s.n
	switch {
	case least >= same && others:
		f.Remedy = "take one of them, or " + share
	case least >= same:
		f.Remedy = "a merge of them is hardly different from either"
	default:
		f.Text = fmt.Sprintf("%s have much in common (%s, where unrelated adapters have 0 ± %.2g), as adapters for one task do", listed(names), between, unrelated)
		if others {
			f.Text += ": that counts " + times(len(names)) + " in a sum"
			f.Remedy = "if they are for one task, " + share
		}
	}
	return f
}

// sharedWeights are weights that give a group as much as any other adapter.
func (s similar) sharedWeights(members []int) string {
	n := len(s.adapters)
	one, other := 1/float64(len(members)), 1.0
	if s.averages {
		other = 1 / float64(n-len(members)+1)
		one *= other
	}
	left, each := 1.0, []string{"default: 1"}
	if s.averages {
		each = nil
	}
	for i, a := range s.adapters {
		w := other
		if slices.Contains(members, i) {
			w = one
		} else if !s.averages {
			continue
		}
		w = math.Round(w*1e6) / 1e6
		if s.averages && i == n-1 {
			w = math.Round(left*1e6) / 1e6 // what is rounded still sums to 1
		}
		left -= w
		each = append(each, a.Name+": "+strconv.FormatFloat(w, 'f', -1, 64))
	}
	return "{" + strings.Join(each, ", ") + "}"
}

// subspaces finds adapters without much in common whose A's, or B's, still span nearly one subspace.
func (s similar) subspaces() []Finding {
	out := []Finding{}
	for _, side := range []struct {
		name, why string
		of        *angles
	}{{"A", "as of adapters that began with the same A", &s.a}, {"B", "so that they write into the same directions of their layers' outputs", &s.b}} {
		overlap := func(i, j int) Figure { return side.of.figure(max(i, j)*s.n + min(i, j)) }
		for _, members := range s.groups(func(i, j int) bool {
			f := overlap(i, j)
			return !s.related(i, j) && f.Value.Defined() && f.Value > spanned && f.Value > 2*f.Unrelated
		}) {
			least, random := 1.0, 0.0
			for k, i := range members {
				for _, j := range members[:k] {
					least, random = min(least, float64(overlap(i, j).Value)), max(random, float64(overlap(i, j).Unrelated))
				}
			}
			out = append(out, Finding{About: Subspace, Adapters: s.names(members),
				Text: fmt.Sprintf("the %s's of %s span nearly one subspace (overlap %s, where random ones have %s), %s", side.name, listed(s.names(members)), percent(least), percent(random), side.why)})
		}
	}
	return out
}

func listed(names []string) string {
	if last := len(names) - 1; last > 0 && last < mostListed {
		return strings.Join(names[:last], ", ") + " and " + names[last]
	}
	return some(names)
}

func times(n int) string {
	if n == 2 {
		return "twice"
	}
	return fmt.Sprint(n, " times")
}

func percent(x float64) string { return fmt.Sprintf("%.3g %%", 100*x) }
