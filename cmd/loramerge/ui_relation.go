package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/loramerge/loramerge/internal/printable"
	"github.com/loramerge/loramerge/internal/reportpage"
	"github.com/loramerge/loramerge/merge/relate"
)

// relation prints how adapters relate: what they are and what to know of them, how similar they
// are, what can merge them, and what would be drafted.
func (u *ui) relation(r *relate.Relation) {
	u.bases(r)
	u.related(r)
	u.similarity(r)
	u.modules(r)
	u.spaces(r)
	u.draft(r)
	u.notes(r)
}

// longestLine is what prose does not exceed, however wide the terminal.
const longestLine = 80

// wrapped prints a text in lines that fit, all but the first indented as far as what it begins with.
func (u *ui) wrapped(begin, text string) {
	indent := strings.Repeat(" ", utf8.RuneCountInString(begin))
	lines := printable.Wrap(printable.Line(text), min(u.room(), longestLine)-len(indent))
	u.print(begin + strings.ReplaceAll(lines, "\n", "\n"+indent) + "\n")
}

// related has a row for each adapter, and what to know of them.
func (u *ui) related(r *relate.Relation) {
	columns := []column{{name: "ADAPTER", least: 10}, {name: "PAIRS", drop: 2}, {name: "RANK"}, {name: "ALPHA"}, {name: "WHOLE", drop: 1}, {name: "TOKENS", drop: 1}, {name: "‖ΔW‖"}, {name: "ALIGNMENT"}}
	var rows [][]string
	for _, a := range r.Adapters {
		rows = append(rows, []string{a.Name, fmt.Sprint(a.Pairs), span(a.Ranks), span(a.Alphas), fmt.Sprint(a.Whole), fmt.Sprint(a.Rows), fmt.Sprintf("%.3g", a.Norm), decimal(a.Alignment.Value)})
	}
	if !slices.ContainsFunc(r.Adapters, func(a *relate.Adapter) bool { return a.Whole > 0 }) {
		columns, rows = without(columns, rows, "WHOLE")
	}
	if !slices.ContainsFunc(r.Adapters, func(a *relate.Adapter) bool { return a.Rows > 0 }) {
		columns, rows = without(columns, rows, "TOKENS")
	}
	u.fitted(columns, rows, false)
	u.wrapped("ALIGNMENT: ", fmt.Sprintf("cos(ΔW, the plain sum of all), what of an adapter's direction a sum keeps; %d unrelated adapters of one size have %s each",
		len(r.Adapters), decimal(r.Adapters[0].Alignment.Unrelated)))
	for i, f := range r.Findings {
		if i == 0 {
			u.print("\n")
		}
		u.wrapped("- ", f.Sentence())
		if f.Page != "" {
			u.printf("  see `loramerge errors %s`\n", f.Page)
		}
	}
}

// without leaves out a column.
func without(columns []column, rows [][]string, name string) ([]column, [][]string) {
	at := slices.IndexFunc(columns, func(c column) bool { return c.name == name })
	for i := range rows {
		rows[i] = slices.Delete(rows[i], at, at+1)
	}
	return slices.Delete(columns, at, at+1), rows
}

// bases says which base models the adapters name.
func (u *ui) bases(r *relate.Relation) {
	named := make(map[string][]string)
	var order []string
	for _, a := range r.Adapters {
		if named[a.Base] == nil {
			order = append(order, a.Base)
		}
		named[a.Base] = append(named[a.Base], a.Name)
	}
	begin := printable.Count(len(r.Adapters), "adapter")
	switch {
	case len(order) > 1:
		parts := make([]string, len(order))
		for i, base := range order {
			parts[i] = short(named[base]) + " of " + cmp.Or(base, "a base model that is not named")
		}
		u.wrapped("", begin+": "+strings.Join(parts, "; "))
	case order[0] == "":
		u.wrapped("", begin+" of a base model that none of them names")
	default:
		u.wrapped("", begin+" of "+order[0])
	}
	u.print("\n")
}

// mostPairs is how many pairs of adapters are printed: those with the largest cosines.
const mostPairs = 12

// similarity has a row for each pair of adapters, and says what unrelated ones would have.
func (u *ui) similarity(r *relate.Relation) {
	columns := []column{{name: "PAIR", least: 10}, {least: 10}, {name: "COSINE"}, {name: "A OVERLAP %", drop: 2}, {name: "B OVERLAP %", drop: 2}, {name: "OPPOSITE %", drop: 1}}
	var rows [][]string
	for _, p := range r.Pairs[:min(mostPairs, len(r.Pairs))] {
		rows = append(rows, []string{p.X, p.Y, decimal(p.Cosine.Value), beside(p.OverlapA), beside(p.OverlapB), percentage(p.OppositeSign.Value, 3)})
	}
	u.print("\n")
	u.fitted(columns, rows, false)
	if more := r.Pairs[len(rows):]; len(more) > 0 {
		u.wrapped("", fmt.Sprintf("and %s, with cosines up to ±%s (`--json` has all)", printable.Count(len(more), "more pair"), decimal(reportpage.Ratio(math.Abs(float64(more[0].Cosine.Value))))))
	}
	u.wrapped("COSINE: ", fmt.Sprintf("of ΔW; unrelated adapters of these shapes have 0 ± %s", decimal(reportpage.Ratio(r.CosineSpread()))))
	u.wrapped("OVERLAP: ", "mean squared cosine of the principal angles between the subspaces that the A's, or the B's, span; in parentheses, of random subspaces")
	u.wrapped("OPPOSITE: ", "elements of ΔW with opposite signs; unrelated adapters have 50 %")
	if len(r.Adapters) > 2 && r.SignConflict.Value.Defined() {
		u.wrapped("", fmt.Sprintf("Where several adapters have a module, one raises and another lowers %s %% of its elements; of unrelated ones it would be %s %%.", percentage(r.SignConflict.Value, 3), percentage(r.SignConflict.Unrelated, 3)))
	}
	if text := r.SampleText(); text != "" {
		u.wrapped("", text)
	}
}

// decimal writes a figure of at most 1, to two digits and no more than five decimals.
func decimal(x reportpage.Ratio) string {
	if !x.Defined() {
		return "–"
	}
	digits := 2
	for size := math.Abs(float64(x)); size < 0.0995 && size > 0 && digits < 5; size *= 10 {
		digits++
	}
	return strconv.FormatFloat(float64(x), 'f', digits, 64)
}

// beside writes a share in percent, and that of unrelated adapters in parentheses.
func beside(f relate.Figure) string {
	if !f.Value.Defined() {
		return "–"
	}
	return fmt.Sprintf("%s (%s)", percentage(f.Value, 2), percentage(f.Unrelated, 2))
}

// percentage has so many digits, and three where it is nearly all.
func percentage(share reportpage.Ratio, digits int) string {
	switch {
	case !share.Defined():
		return "–"
	case share > 0.995:
		return fmt.Sprintf("%.3g", 100*float64(share))
	}
	return fmt.Sprintf("%.*g", digits, 100*float64(share))
}
