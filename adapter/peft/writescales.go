package peft

import (
	"cmp"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/adapter"
)

// setScales writes ranks and α from which PEFT computes the modules' very scales: whole
// α where α/r, or else α/√r, allows it; else whichever of the two is exact; and α/r
// to the last bit but one where neither is. r is the largest rank, since a server reserves
// memory by it; α belongs to most of the pairs of that rank.
func (c *OutConfig) setScales(modules []*adapter.Module) {
	pairs := slices.DeleteFunc(slices.Clone(modules), func(m *adapter.Module) bool { return m.Form == adapter.Whole })
	if len(pairs) == 0 {
		c.R, c.Alpha = defaultAlpha, defaultAlpha
		return
	}
	c.UseRSLoRA = chooseDivisor(pairs)
	ranks, alphas := make(map[string]float64, len(pairs)), make(map[string]float64, len(pairs))
	for _, m := range pairs {
		ranks[m.Name] = float64(m.Rank)
		alphas[m.Name], _ = alphaFor(m.Scale, divisor(m.Rank, c.UseRSLoRA))
		c.R = max(c.R, m.Rank)
	}
	var atMost []float64
	for _, m := range pairs {
		if m.Rank == c.R {
			atMost = append(atMost, alphas[m.Name])
		}
	}
	c.Alpha = commonest(atMost)
	c.RankPattern, c.AlphaPattern = exceptions(ranks, float64(c.R)), exceptions(alphas, c.Alpha)
}

// divisor is what PEFT divides α by: r, or √r with use_rslora.
func divisor(rank int, rsLoRA bool) float64 {
	if rsLoRA {
		return math.Sqrt(float64(rank))
	}
	return float64(rank)
}

// chooseDivisor reports whether use_rslora is to be written.
func chooseDivisor(pairs []*adapter.Module) bool {
	for _, needWhole := range []bool{true, false} {
		for _, rsLoRA := range []bool{false, true} {
			fails := func(m *adapter.Module) bool {
				alpha, exact := alphaFor(m.Scale, divisor(m.Rank, rsLoRA))
				return !exact || needWhole && alpha != math.Trunc(alpha)
			}
			if !slices.ContainsFunc(pairs, fails) {
				return rsLoRA
			}
		}
	}
	return false
}

// alphaFor is the α for which α/divisor is the scale, a whole number if possible. Not
// every scale has one: where α's steps are wider than the scale's, some are passed over.
func alphaFor(scale, divisor float64) (alpha float64, exact bool) {
	near := scale * divisor
	for _, alpha := range []float64{math.Round(near), near, math.Nextafter(near, math.Inf(1)), math.Nextafter(near, math.Inf(-1))} {
		if alpha/divisor == scale {
			return alpha, true
		}
	}
	return near, false
}

// commonest is the most frequent value; of several the largest.
func commonest(values []float64) float64 {
	counts := make(map[float64]int)
	for _, v := range values {
		counts[v]++
	}
	best := math.Inf(-1)
	for v, n := range counts {
		if n > counts[best] || n == counts[best] && v > best {
			best = v
		}
	}
	return best
}

// exceptions names the modules whose value is not the usual one, and those that would be
// found by these names. PEFT takes a key for a regular expression of how a module's name
// ends, and the first key in the file that matches: so the longer names come first, and of
// one length those with fewer dots, since a dot matches any character. Keys are not
// anchored: `^` means another place to a reader that leaves a prefix on the names.
func exceptions(values map[string]float64, usual float64) OutPattern {
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(values)), func(name string) bool { return values[name] == usual })
	index, quoted := make(keyIndex), []string{}
	for i, name := range names {
		if plainKey(name) {
			index.add(name, i)
		} else {
			quoted = append(quoted, name)
		}
	}
	found := func(other string) bool {
		for range index.matching(other) {
			return true
		}
		return slices.ContainsFunc(quoted, func(name string) bool { return strings.HasSuffix(other, "."+name) })
	}
	for other, value := range values {
		if value == usual && found(other) {
			names = append(names, other)
		}
	}
	slices.SortFunc(names, func(x, y string) int {
		return cmp.Or(cmp.Compare(len(y), len(x)), cmp.Compare(strings.Count(x, "."), strings.Count(y, ".")), strings.Compare(x, y))
	})
	pattern := OutPattern{}
	for _, name := range names {
		key := name
		if !plainKey(name) {
			key = regexp.QuoteMeta(name)
		}
		pattern = append(pattern, patternEntry{key, values[name]})
	}
	return pattern
}
