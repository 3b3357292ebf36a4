package main

import (
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/internal/overwrite"
	"github.com/loramerge/loramerge/internal/reportpage"
	"github.com/loramerge/loramerge/merge/evaluate"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/sweep"
)

// sweepReport is whether a sweep is drawn on a page.
type sweepReport struct {
	page string
	rule overwrite.Rule
}

func (r *sweepReport) add(command *cobra.Command) {
	command.Flags().StringVar(&r.page, "report", "", "also draw what was found on this HTML page")
}

// check refuses a page that can't be written beside what a plan reads and saves, and --write writes, before
// anything is measured.
func (r *sweepReport) check(c *cobra.Command, p *plan.Plan, to sweep.To) error {
	if r.page == "" {
		return nil
	}
	r.rule = overwrite.Rule{Force: to.Force, Kept: p.Kept()}
	if to.Path != "" {
		r.rule.Kept = append(r.rule.Kept, overwrite.Kept{Path: to.Path, What: "which --write writes"})
	}
	return unwritable(c, r.rule.CheckFile(r.page, ownPages))
}

// write draws the page.
func (r *sweepReport) write(c *cobra.Command, path string, result *sweep.Result) error {
	if r.page == "" {
		return nil
	}
	page := result.Page(version(), "Sweep of "+filepath.Base(path))
	add := func(title string, t evaluate.Table) {
		page.Tables = append(page.Tables, reportpage.Table{Title: title, Heading: t.Heading, Rows: t.Rows})
	}
	if a := result.Answer; a != nil {
		if len(a.Verdicts) > 0 {
			add("On test", testTable(a))
		}
		add("By axis, on select", effectTable(a))
	}
	add("Trials, on select", trialTable(result, ranked(result.Trials), len(result.Trials)))
	var text strings.Builder
	if err := reportpage.WriteSweep(&text, page); err != nil {
		return err
	}
	return unwritable(c, r.rule.WriteFile(r.page, []byte(text.String()), ownPages))
}
