package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"unicode/utf8"

	"github.com/dustin/go-humanize"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/printable"
	"github.com/loramerge/loramerge/merge/evaluate"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// table prints rows under a heading of words in columns.
func (u *ui) table(heading string, rows [][]string) {
	u.columns(evaluate.Table{Heading: strings.Fields(heading), Rows: rows})
}

// columns prints a table whose headings may have spaces, in the room that there is: prose is continued
// below, and other text shortened in its middle.
func (u *ui) columns(t evaluate.Table) {
	all := make([]column, len(t.Heading))
	for i, name := range t.Heading {
		all[i] = column{name: name, least: max(leastShown, utf8.RuneCountInString(name))}
	}
	_, widths := fit(all, t.Rows, u.roomForResults())
	out := evaluate.Table{Heading: t.Heading}
	for _, row := range t.Rows {
		out.Rows = append(out.Rows, inColumns(row, widths)...)
	}
	u.grid(out)
}

// leastShown is how many columns of a terminal every text keeps.
const leastShown = 10

// inColumns brings one row of a table to the widths of its columns, on as many lines as its prose needs.
func inColumns(row []string, widths []int) [][]string {
	lines := [][]string{make([]string, len(row))}
	for i, cell := range row {
		if !isProse(cell) {
			lines[0][i] = shorten(cell, widths[i])
			continue
		}
		for n, part := range strings.Split(printable.Wrap(cell, widths[i]), "\n") {
			if n == len(lines) {
				lines = append(lines, make([]string, len(row)))
			}
			lines[n][i] = part
		}
	}
	return lines
}

// isProse reports whether a text is words rather than a name or figures.
func isProse(text string) bool { return len(strings.Fields(text)) > 3 && !strings.Contains(text, "/") }

// grid prints a table as wide as it is.
func (u *ui) grid(t evaluate.Table) {
	w := tabwriter.NewWriter(u.out, 0, 0, gutter, ' ', 0)
	for _, row := range append([][]string{t.Heading}, t.Rows...) {
		fmt.Fprintln(w, printable.Line(strings.Join(row, "\t")))
	}
	w.Flush()
}

func figure(x float64) string { return fmt.Sprintf("%.6g", x) }

func size(bytes int64) string { return humanize.IBytes(uint64(bytes)) }

func (u *ui) verbs(all []*stages.Kind) {
	var rows [][]string
	for _, kind := range all {
		rows = append(rows, []string{kind.Name, kind.Flow, kind.Summary})
	}
	u.table("VERB FLOW SUMMARY", rows)
}

func (u *ui) verb(kind *stages.Kind) {
	u.printf("%s: %s\n\n", kind.Name, kind.Summary)
	for line := range strings.SplitSeq(kind.Doc, "\n") {
		u.fold(line + "\n")
	}
	u.printf("\n  flow:    %s\n  example: %s\n", kind.Flow, kind.Example)
	for i, p := range kind.Params {
		if i == 0 {
			u.print("\nParameters\n")
		}
		u.parameter(p, "  ")
	}
}

// parameter explains one, and the entries of its tables below it.
func (u *ui) parameter(p *recipe.Param, indent string) {
	u.printf("%s%s: %s\n%s    %s%s\n", indent, p.Name, p.Doc, indent, p.Type.Describe(), p.Note())
	_, fields := recipe.RecordFields(p.Type)
	for _, field := range fields {
		u.parameter(field, indent+"    ")
	}
}

func (u *ui) adapter(s *adapter.Summary) {
	base := s.Base
	if base == "" {
		base = "(none named)"
	}
	u.printf("%s\n  format: %s\n  base: %s\n", filepath.Clean(s.Path), s.Format, base)
	if s.TaskType != "" {
		u.printf("  task: %s\n", s.TaskType)
	}
	u.printf("  file: %s\n", size(s.Bytes))
	for _, note := range s.Notes {
		u.printf("  note: %s\n", note)
	}
	u.print("\n")
	var rows [][]string
	for _, m := range s.ByEmbedding() {
		rows = append(rows, moduleRow(m))
	}
	u.fitted([]column{{name: "MODULE", least: 40}, {name: "FORM", drop: 3}, {name: "SHAPE"}, {name: "DTYPES", drop: 1}, {name: "RANK"},
		{name: "ALPHA", drop: 2}, {name: "SCALE"}, {name: "NORM"}}, rows, false)
}

// moduleRow leaves rank, alpha and scale out where there are none: of a whole tensor.
func moduleRow(m adapter.ModuleSummary) []string {
	row := []string{m.Name, m.Form, dimensions(m.Shape), strings.Join(m.DTypes, ","), "", "", "", figure(m.Norm)}
	if m.Rank > 0 {
		row[4], row[5], row[6] = fmt.Sprint(m.Rank), figure(m.Alpha), figure(m.Scale)
	}
	return row
}

func dimensions(shape []int) string {
	return strings.Trim(strings.Join(strings.Fields(fmt.Sprint(shape)), "×"), "[]")
}
