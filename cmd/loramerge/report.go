package main

import (
	"context"
	"fmt"
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
)

func reportCommand(ui *ui) *cobra.Command {
	var from, file string
	var asJSON bool
	var rule overwrite.Rule
	var options report.Options
	var measure run.Measure
	memory := byteSize(run.DefaultMemory)
	command := &cobra.Command{
		Use:     "report OUT",
		Short:   "show what a merge did to its adapters, on one HTML page",
		Long:    "Computes the merge once more from the recipe in the folder, and shows on one HTML page what it did to its\nadapters. It starts no evaluator: `loramerge run --report` adds scores to the page, and `loramerge compare OUT`\nshows those that are known.",
		Example: "  loramerge report recipes/out/ties\n  loramerge report --json recipes/out/ties | jq '.modules[].sign_conflict'",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			options.Measure, options.Memory, options.Version = measure, int64(memory), version()
			if file == "" {
				file = filepath.Clean(args[0]) + ".html"
			}
			if !asJSON && file != "-" {
				options.Check = func(kept []overwrite.Kept) error {
					rule.Kept = slices.Concat(kept, recipeAt(file))
					return unwritable(c, rule.CheckFile(file, ownPages))
				}
			}
			ui.store(&options.Options, run.CacheAuto)
			progress := ui.progress("reporting")
			options.Progress = progress.update
			data, err := report.Make(c.Context(), args[0], from, options)
			progress.finish()
			if err != nil {
				return err
			}
			if asJSON {
				return ui.json(data)
			}
			return unwritable(c, ui.writeReport(data, file, rule))
		},
	}
	command.Flags().StringVarP(&file, "output", "o", "", "the page to write, - for stdout (default: OUT.html)")
	command.Flags().BoolVar(&rule.Force, "force", false, "replace a file that loramerge did not make")
	command.Flags().BoolVar(&asJSON, "json", false, "print the figures as JSON instead of a page")
	command.Flags().StringVar(&from, "from", "", "the folder that the recipe's paths are relative to (default: where the recipe was)")
	addMeasure(command, &measure)
	addJobs(command, &options.Jobs, "modules to work on at once (default: one per processor)")
	command.Flags().Var(&memory, "memory", "memory for the modules in progress, such as 512MB")
	command.MarkFlagsMutuallyExclusive("json", "output")
	return command
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

// writeReport draws the page to a file, or to stdout where that is "-".
func (u *ui) writeReport(data *reportpage.Data, file string, rule overwrite.Rule) error {
	if file == "-" {
		return reportpage.Write(u.out, data)
	}
	bytes, err := writePage(data, file, rule)
	if err == nil {
		u.printf("%s\n", data.Verdict.Sentence)
		for _, wrong := range data.Verdict.Wrong {
			u.printf("%s\n", wrong)
		}
		u.printf("wrote %s: %s\n", file, size(int64(bytes)))
	}
	return err
}

func writePage(data *reportpage.Data, file string, rule overwrite.Rule) (bytes int, err error) {
	var page strings.Builder
	if err := reportpage.Write(&page, data); err != nil {
		return 0, err
	}
	return page.Len(), rule.WriteFile(file, []byte(page.String()), ownPages)
}

// onlyTarget is the folder that a plan saves to. Of several, it is not known which
// one a report is wanted of.
func onlyTarget(p *plan.Plan) (string, error) {
	var targets []string
	for _, stage := range run.Summary(p, run.Options{}).Stages {
		if stage.To != "" {
			targets = append(targets, stage.To)
		}
	}
	if len(targets) != 1 {
		return "", usage("loramerge report", fmt.Errorf("this recipe has %d outputs, and --report works for one; run `loramerge report` for each of them", len(targets)))
	}
	return targets[0], nil
}

// reportRun draws the page of what a run has saved, and says so to people.
func (o *runOutput) reportRun(ctx context.Context, recipe, target string, options report.Options) error {
	options.Progress = nil
	data, err := report.Make(ctx, target, filepath.Dir(recipe), options)
	if err != nil {
		return err
	}
	if o.quiet || o.json {
		_, err = writePage(data, o.page, o.rule)
		return err
	}
	return o.ui.writeReport(data, o.page, o.rule)
}
