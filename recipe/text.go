package recipe

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// quoted writes text so that YAML and JSON read it alike, and no variable is seen in it.
func quoted(text string) string { return strconv.Quote(escaped(text)) }

// escaped is text so that no variable is seen in it.
func escaped(text string) string {
	return variableForm.ReplaceAllStringFunc(text, func(use string) string { return "$" + use })
}

// variableForm finds ${name}, and $${name}, which means the text ${name} itself.
var variableForm = regexp.MustCompile(`\$?\$\{([^{}]*)\}`)

// listText is the item alone, or a list of several.
func listText[T any](items []T, text func(T) string) string {
	if len(items) == 1 {
		return text(items[0])
	}
	return "[" + strings.Join(mapped(items, text), ", ") + "]"
}

func mapped[T, U any](items []T, change func(T) U) []U {
	out := make([]U, len(items))
	for i, item := range items {
		out[i] = change(item)
	}
	return out
}

// table writes entries in the order of their names.
func table[T any](items []T, entry func(T) (name, value string)) string {
	sorted := slices.SortedStableFunc(slices.Values(items), func(x, y T) int {
		a, _ := entry(x)
		b, _ := entry(y)
		return strings.Compare(a, b)
	})
	return tableInOrder(sorted, entry)
}

func tableInOrder[T any](items []T, entry func(T) (name, value string)) string {
	return "{" + strings.Join(mapped(items, func(item T) string {
		name, value := entry(item)
		if !nameForm.MatchString(name) {
			name = strconv.Quote(name)
		}
		return name + ": " + value
	}), ", ") + "}"
}

func numberText(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

var (
	nameForm      = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]{0,99}$`)
	referenceForm = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_-]{0,99})(?:\.([A-Za-z_][A-Za-z0-9_-]{0,99}))?$`)
)
