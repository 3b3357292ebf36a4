package stages

import (
	"fmt"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/recipe"
)

// fixes are what stages before a save do to make the output loadable.
type fixes struct {
	drop     []string // globs of modules to leave out
	fold     bool     // the scales into B
	rank     int      // to bring all modules to; 0 to leave them
	truncate bool     // since rank is below that of some
}

// and joins what two findings need.
func (x fixes) join(y fixes) fixes {
	out := fixes{drop: slices.Concat(x.drop, y.drop), fold: x.fold || y.fold, rank: max(x.rank, y.rank), truncate: x.truncate || y.truncate}
	slices.Sort(out.drop)
	out.drop = slices.Compact(out.drop)
	if x.truncate && y.rank > 0 || y.truncate && x.rank > 0 {
		out.rank = min(x.rank, y.rank)
	}
	return out
}

// remedy writes the stages out, as they can be put into the recipe, if they leave something to save.
func (s *saving) remedy(f fixes) string {
	if len(f.drop) > 0 && !s.leaves(f.drop) {
		if s.baseConfig != nil {
			return "nothing would be left without these: name the config.json of the model that the adapters were trained on, or save for another reader"
		}
		return "nothing would be left without these: save for another reader"
	}
	from := s.Inputs[0].String()
	var lines []string
	add := func(name, format string, args ...any) {
		name = s.freeName(name)
		lines = append(lines, fmt.Sprintf("`%s: %s`", name, fmt.Sprintf(format, append([]any{from}, args...)...)))
		from = name
	}
	if len(f.drop) > 0 {
		add("pairs", "{select: %s, exclude: [%s]}", quotedList(f.drop))
	}
	if f.fold {
		add("folded", "{scale: %s, alpha: fold}")
	}
	switch {
	case f.rank > 0 && f.truncate:
		add("even", "{rank: %s, to: %d, how: truncate}", f.rank)
	case f.rank > 0:
		add("even", "{rank: %s, to: %d}", f.rank)
	}
	return fmt.Sprintf("put %s before it, and save `%s`", strings.Join(lines, " and "), from)
}

// leaves reports whether a pair is left without what globs match.
func (s *saving) leaves(drop []string) bool {
	return slices.ContainsFunc(pairsOf(s.In[0].Members[0].Modules), func(m *adapter.Module) bool {
		return !slices.ContainsFunc(drop, func(glob string) bool { return recipe.Glob{Pattern: glob}.Match(m.Name) })
	})
}

func quotedList(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = fmt.Sprintf("%q", word)
	}
	return strings.Join(quoted, ", ")
}

// freeName is the name, or with a number after it if the recipe has such a stage already.
func (s *saving) freeName(name string) string {
	taken := func(name string) bool {
		return slices.ContainsFunc(s.Recipe.Stages, func(other *recipe.Stage) bool { return other.Name == name })
	}
	free := name
	for i := 2; taken(free); i++ {
		free = fmt.Sprintf("%s-%d", name, i)
	}
	return free
}
