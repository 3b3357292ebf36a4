package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/printable"
	"github.com/loramerge/loramerge/merge/evaluate"
	"github.com/loramerge/loramerge/merge/evaluate/command"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// table prints rows under a heading of words in columns.
func (u *ui) table(heading string, rows [][]string) {
	u.columns(evaluate.Table{Heading: strings.Fields(heading), Rows: rows})
}

// columns prints a table whose headings may have spaces.
func (u *ui) columns(t evaluate.Table) {
	w := tabwriter.NewWriter(u.out, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{t.Heading}, t.Rows...) {
		fmt.Fprintln(w, printable.Line(strings.Join(row, "\t")))
	}
	w.Flush()
}

func (u *ui) plan(p *plan.Plan, s plan.Summary) {
	var rows [][]string
	for i, n := range s.Stages {
		inputs := strings.Join(n.Inputs, ", ")
		if n.To != "" {
			inputs += " → " + plan.RecipePath(p.Nodes[i])
		}
		rows = append(rows, []string{n.Stage, n.Verb, inputs, fmt.Sprint(len(n.Adapters)), space(n), span(n.Ranks), span(n.Alphas),
			fmt.Sprint(n.Modules), size(n.Bytes), cached(n.Cache)})
	}
	u.table("STAGE VERB INPUTS ADAPTERS SPACE RANK ALPHA MODULES BYTES CACHE", rows)
	for _, v := range s.Vars {
		u.printf("variable %s: %s\n", v.Name, v.Value)
	}
	for _, r := range s.Recipes {
		u.printf("recipe %s/: %s\n", r.Load, strings.TrimSpace(r.Path+" "+r.Set))
	}
	for _, c := range s.Commands {
		u.command(c)
	}
	if w := s.Sweep; w != nil {
		u.printf("sweep: %s (%s) over %s, for %s\n", printable.Count(w.Trials, "trial"), w.Search, strings.Join(w.Axes, ", "), strings.Join(w.Goals, " and "))
	}
	u.printf("peak memory: %s\n", size(s.Peak))
}

// command shows one that measures scores, and what is known of these.
func (u *ui) command(c plan.Command) {
	known := "a run finds out which of its scores are known"
	if c.Known != nil {
		known = fmt.Sprintf("%d of %s known", *c.Known, printable.Count(c.Scores, "score"))
	}
	if c.Took > 0 {
		known += ", " + c.Took.Round(100*time.Millisecond).String() + " for the last adapter"
	}
	u.printf("command of %s: %s\n  scores %s: %s\n", c.Stage, command.Line(c.Words), strings.Join(c.Tasks, ", "), known)
}

// cached says what a run would find in the cache.
func cached(c *plan.StageCache) string {
	switch {
	case c == nil:
		return ""
	case !c.Kept:
		return "not kept"
	case c.Hits == nil:
		return "?"
	case *c.Hits == c.Modules:
		return "hit"
	case *c.Hits == 0:
		return "miss"
	}
	return fmt.Sprintf("hit %d of %d", *c.Hits, c.Modules)
}

// space names how a delta is held, since that is what it costs.
func space(n plan.StageSummary) string {
	if n.Held == n.Space {
		return n.Space
	}
	return n.Space + " (" + n.Held + ")"
}

func span(r plan.Range) string {
	if r.Min == r.Max {
		return figure(r.Min)
	}
	return figure(r.Min) + "–" + figure(r.Max)
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
	u.print(fmt.Sprintf("%s: %s\n\n%s\n\n  flow:    %s\n  example: %s\n", kind.Name, kind.Summary, kind.Doc, kind.Flow, kind.Example))
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
	u.printf("%s\n  base: %s\n  task: %s\n  file: %s\n", filepath.Clean(s.Path), base, s.TaskType, size(s.Bytes))
	for _, note := range s.Notes {
		u.printf("  note: %s\n", note)
	}
	u.print("\n")
	var rows [][]string
	for _, m := range s.Modules {
		rows = append(rows, moduleRow(m))
	}
	u.table("MODULE FORM SHAPE DTYPES RANK ALPHA SCALE NORM", rows)
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
