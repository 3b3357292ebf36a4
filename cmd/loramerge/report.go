package main

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/internal/osfile"
	"github.com/loramerge/loramerge/internal/overwrite"
	"github.com/loramerge/loramerge/internal/reportpage"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/report"
	"github.com/loramerge/loramerge/merge/run"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

func reportCommand(ui *ui) *cobra.Command {
	var from, file string
	var asJSON, show bool
	var rule overwrite.Rule
	var options report.Options
	var measure run.Measure
	memory := byteSize(run.DefaultMemory)
	command := &cobra.Command{
		Use:   "report OUT…",
		Short: "say what a merge did to each adapter, and show it on one HTML page",
		Long: `Says what became of each adapter, what is wrong, and shows on one HTML page where and why, and whether
the adapters suited each other. The merge is computed once more from the recipe in the folder. Several folders are shown side by side. It starts no
evaluator: ` + "`loramerge run --report` adds scores to the page, and `loramerge compare OUT` shows those that\nare known.",
		Example: "  loramerge report recipes/out/ties\n  loramerge report --json recipes/out/ties | jq '.verdict, .relation.findings'\n  loramerge report -o both.html recipes/out/ties recipes/out/dare",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			options.Measure, options.Memory, options.Version, options.Find = measure, int64(memory), version(), ui.hub.Find
			switch {
			case file == "" && len(args) > 1 && !asJSON:
				return usage(c.CommandPath(), errors.New("name the page that shows them all, with -o"))
			case file == "-" && show:
				return usage(c.CommandPath(), errors.New("--open needs a file"))
			case file == "":
				file = filepath.Clean(args[0]) + ".html"
			}
			if !asJSON && file != "-" {
				options.Check = func(kept []overwrite.Kept) error {
					rule.Kept = slices.Concat(rule.Kept, kept, recipeAt(file))
					return unwritable(c, rule.CheckFile(file, ownPages))
				}
			}
			ui.store(&options.Options, ui.cacheMode())
			all, err := ui.reportsOn(c.Context(), args, from, options)
			switch {
			case err != nil:
				return err
			case asJSON && len(all) == 1:
				return ui.json(all[0])
			case asJSON:
				return ui.json(all)
			}
			if err := ui.writeReport(all, file, rule); err != nil {
				return unwritable(c, err)
			}
			if show {
				return openPage(file)
			}
			return nil
		},
	}
	command.Flags().StringVarP(&file, "output", "o", "", "the page to write, - for stdout (default: OUT.html)")
	command.Flags().BoolVar(&rule.Force, "force", false, "replace a file that loramerge did not make")
	command.Flags().BoolVar(&show, "open", false, "open the page in a browser")
	command.Flags().BoolVar(&asJSON, "json", false, "print the figures as JSON instead of a page")
	command.Flags().StringVar(&from, "from", "", "the folder that the recipe's paths are relative to (default: where the recipe was)")
	addMeasure(command, &measure)
	addJobs(command, &options.Jobs, "modules to work on at once (default: one per processor)")
	command.Flags().Var(&memory, "memory", "memory for the modules in progress, such as 512MB")
	command.MarkFlagsMutuallyExclusive("json", "output")
	command.MarkFlagsMutuallyExclusive("json", "open")
	return command
}

func (u *ui) reportsOn(ctx context.Context, outs []string, from string, options report.Options) (all []*report.Report, err error) {
	for _, out := range outs {
		progress := u.progress("reporting")
		options.Progress = progress.update
		data, err := report.Make(ctx, out, from, options)
		progress.finish()
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

// ownPages knows the pages that loramerge wrote.
var ownPages = overwrite.Begins(reportpage.Known)

// recipeAt keeps a page off a recipe and a lock, whosever they are: an output does not say which
// file its recipe was.
func recipeAt(file string) []overwrite.Kept {
	source, err := osfile.ReadUpTo(file, recipe.SizeLimit)
	switch {
	case err != nil || reportpage.Known(source):
		return nil
	case plan.IsLock(source):
		return []overwrite.Kept{{Path: file, What: "a lock"}}
	case plan.IsRecipe(source):
		return []overwrite.Kept{{Path: file, What: "a recipe"}}
	}
	return nil
}

// writeReport draws the page to a file, or to stdout where that is "-", and says in short what it says.
func (u *ui) writeReport(merges []*report.Report, file string, rule overwrite.Rule) error {
	if file == "-" {
		return report.Write(u.out, merges...)
	}
	bytes, err := writePage(merges, file, rule)
	if err != nil {
		return err
	}
	for _, data := range merges {
		if len(merges) > 1 {
			u.printf("%s\n", data.Output)
		}
		for _, sentence := range append([]string{data.Verdict.Sentence}, data.Verdict.Wrong...) {
			u.printf("%s\n", sentence)
		}
	}
	u.printf("wrote %s: %s\n", file, size(int64(bytes)))
	return nil
}

func writePage(merges []*report.Report, file string, rule overwrite.Rule) (bytes int, err error) {
	var page strings.Builder
	if err := report.Write(&page, merges...); err != nil {
		return 0, err
	}
	return page.Len(), rule.WriteFile(file, []byte(page.String()), ownPages)
}

// reportRun draws the page of what a run has saved, and says so to people.
func (o *runOutput) reportRun(ctx context.Context, p *plan.Plan, options run.Options, result *run.Result) error {
	options.Progress = nil
	var merges []*report.Report
	for _, sink := range p.Sinks() {
		data, err := report.Make(ctx, sink.Op.(stages.Sink).Target(), filepath.Dir(p.Recipe.File), report.Options{Options: options, Ran: result.Stages, Scores: run.ScoresOf(p, sink, result)})
		if err != nil {
			return err
		}
		merges = append(merges, data)
	}
	if o.quiet || o.json {
		_, err := writePage(merges, o.page, o.rule)
		return err
	}
	return o.ui.writeReport(merges, o.page, o.rule)
}
