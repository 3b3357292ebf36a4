package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/internal/overwrite"
	"github.com/loramerge/loramerge/internal/reportpage"
	"github.com/loramerge/loramerge/merge/compare"
)

func compareCommand(ui *ui) *cobra.Command {
	var asJSON, markdown bool
	var file string
	var rule overwrite.Rule
	command := &cobra.Command{
		Use:   "compare MERGE…",
		Short: "compare several merges: their scores, and their adapters in them",
		Long: `Prints the scores of several merges side by side, with their standard errors, the shares of their experts'
gains, and which differences from the first merge are real: these are taken document by document where the
evaluator wrote documents. A merge that is nowhere better than another and somewhere worse is marked, and
so is one that is not better by a standard error in any task.

Merges are named by recipes that were run, by locks, or by outputs. Scores are those of the locks: nothing
is measured, and no command is started. Of outputs that are there, rank, norm and size are printed too,
and what they have of each adapter's ΔW: the strength ⟨M, W⟩/‖W‖², the alignment cos(M, W), and the share of
elements of opposite signs.`,
		Example: "  loramerge compare by-sum.yaml by-ties.yaml\n  loramerge compare --markdown dev.yaml release.lock.yaml >> \"$GITHUB_STEP_SUMMARY\"\n  loramerge compare out/ties out/dare",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if file != "" && file != "-" {
				rule.Kept = recipeAt(file)
				if err := rule.CheckFile(file, ownPages); err != nil {
					return unwritable(c, err)
				}
			}
			found, err := compare.Of(c.Context(), args, ui.hub.Find)
			switch {
			case err != nil:
				return err
			case file != "":
				return unwritable(c, ui.writeComparison(found, file, rule))
			case asJSON:
				return ui.json(found)
			case markdown:
				ui.print(found.Markdown())
			default:
				ui.merges(found)
			}
			return nil
		},
	}
	command.Flags().BoolVar(&asJSON, "json", false, "print it as JSON")
	command.Flags().BoolVar(&markdown, "markdown", false, "print it as Markdown, for a pull request")
	command.Flags().StringVarP(&file, "output", "o", "", "draw it on an HTML page, - for stdout")
	command.Flags().BoolVar(&rule.Force, "force", false, "replace a file that loramerge did not make")
	command.MarkFlagsMutuallyExclusive("json", "markdown", "output")
	return command
}

// writeComparison draws the page to a file, or to stdout where that is "-".
func (u *ui) writeComparison(c *compare.Merges, file string, rule overwrite.Rule) error {
	var page strings.Builder
	if err := reportpage.WriteComparison(&page, c.Page(version())); err != nil {
		return err
	}
	return u.writePage(page.String(), file, rule)
}

// writePage writes a page to a file, or to stdout where that is "-".
func (u *ui) writePage(page, file string, rule overwrite.Rule) error {
	if file == "-" {
		u.print(page)
		return nil
	}
	if err := rule.WriteFile(file, []byte(page), ownPages); err != nil {
		return err
	}
	u.printf("wrote %s: %s\n", file, size(int64(len(page))))
	return nil
}

// merges prints a comparison in columns.
func (u *ui) merges(c *compare.Merges) {
	for _, s := range c.Sections() {
		u.printf("%s\n", s.Title)
		u.columns(s.Table)
		u.print("\n")
	}
	for _, remark := range c.Remarks() {
		u.printf("%s\n", remark)
	}
}
