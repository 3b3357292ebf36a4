package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/merge/compare"
	"github.com/loramerge/loramerge/merge/evaluate"
)

func compareCommand(ui *ui) *cobra.Command {
	var asJSON, markdown bool
	command := &cobra.Command{
		Use:   "compare MERGE…",
		Short: "compare several merges: their scores, and what they have of their adapters",
		Long: `Prints the scores of several merges side by side, with their standard errors, the shares of their experts'
gains, and which differences from the first merge are real: these are taken document by document where the
evaluator wrote documents. A merge that is nowhere better than another and somewhere worse is marked, and
so is one that is not better by a standard error in any task.

Merges are named by recipes that were run, by locks, or by outputs. Scores are those of the locks: nothing
is measured, and no command is started. Of outputs that are there, rank, norm and size are printed too,
and what they have of each adapter's ΔW: the strength ⟨M, W⟩/‖W‖² and the alignment cos(M, W).`,
		Example: "  loramerge compare by-sum.yaml by-ties.yaml\n  loramerge compare --markdown dev.yaml release.lock.yaml >> \"$GITHUB_STEP_SUMMARY\"\n  loramerge compare out/ties out/dare",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			found, err := compare.Of(c.Context(), args)
			switch {
			case err != nil:
				return err
			case asJSON:
				return ui.json(found)
			case markdown:
				ui.print(markdownOf(found))
			default:
				ui.merges(found)
			}
			return nil
		},
	}
	command.Flags().BoolVar(&asJSON, "json", false, "print it as JSON")
	command.Flags().BoolVar(&markdown, "markdown", false, "print it as Markdown, for a pull request")
	command.MarkFlagsMutuallyExclusive("json", "markdown")
	return command
}

func markdownOf(c *compare.Merges) string {
	var b strings.Builder
	for _, s := range c.Sections() {
		fmt.Fprintf(&b, "**%s**\n\n%s\n", evaluate.MarkdownText(strings.ToUpper(s.Title[:1])+s.Title[1:]), s.Markdown())
	}
	for _, remark := range c.Remarks() {
		fmt.Fprintf(&b, "- %s\n", evaluate.MarkdownText(remark))
	}
	return b.String()
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
