package main

import (
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/internal/overwrite"
	"github.com/loramerge/loramerge/internal/reportpage"
	"github.com/loramerge/loramerge/merge/evaluate"
	"github.com/loramerge/loramerge/merge/sweep"
)

// sweepReport is whether a sweep is drawn on a page.
type sweepReport struct{ page string }

func (r *sweepReport) add(command *cobra.Command) {
	command.Flags().StringVar(&r.page, "report", "", "also draw what was found on this HTML page")
}

// rule is what the page may be written over.
func (r *sweepReport) rule(path string, force bool) overwrite.Rule {
	return overwrite.Rule{Force: force, Kept: []overwrite.Kept{{Path: path, What: "the recipe"}}}
}

// check refuses a page that can't be written before anything is measured.
func (r *sweepReport) check(c *cobra.Command, path string, force bool) error {
	if r.page == "" {
		return nil
	}
	return unwritable(c, r.rule(path, force).CheckFile(r.page, ownPages))
}

// write draws the page.
func (r *sweepReport) write(c *cobra.Command, path string, force bool, result *sweep.Result) error {
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
	return unwritable(c, r.rule(path, force).WriteFile(r.page, []byte(text.String()), ownPages))
}
