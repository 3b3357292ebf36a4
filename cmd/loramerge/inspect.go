package main

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/adapter/formats"
	"github.com/loramerge/loramerge/internal/overwrite"
	"github.com/loramerge/loramerge/internal/reportpage"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/relate"
	"github.com/loramerge/loramerge/merge/run"
)

func inspectCommand(ui *ui) *cobra.Command {
	var several inspectSeveral
	options, asJSON := &several.options, &several.asJSON
	command := &cobra.Command{
		Use:   "inspect ADAPTER…",
		Short: "show what is in an adapter, or how several adapters relate",
		Long: `Of one adapter, prints its modules with their ranks, scales and norms.

Of several, prints how they relate before they are merged: how large each is and what a plain sum leaves
of it, how similar the adapters are in pairs, which modules only some have, which spaces can merge them and what
stands in the way, and what ` + "`loramerge init`" + ` would draft. Beside each figure is what unrelated adapters
of the same shapes and ranks have. ` + "`loramerge diff`" + ` compares two of them module by module.`,
		Example: "  loramerge inspect adapters/python\n  loramerge inspect adapters/python adapters/sql adapters/chat\n  loramerge inspect adapters/* -o related.html\n  loramerge inspect --json adapters/* | jq '.pairs[] | [.x, .y, .cosine.value]'",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 1 {
				return several.relate(c, ui, args)
			}
			if several.file != "" {
				return usage(c.CommandPath(), errors.New("--output draws how several adapters relate, and one is named"))
			}
			found, err := ui.path(args[0])
			if err != nil {
				return err
			}
			opened, err := formats.OpenWith(found, *options)
			if err != nil {
				return err
			}
			defer opened.Close()
			summary, err := opened.Summarize(c.Context())
			if err != nil {
				return err
			}
			provenance, merged := plan.ReadProvenance(summary.Metadata)
			if *asJSON {
				return ui.json(inspection{summary, provenance})
			}
			ui.adapter(summary)
			if merged {
				ui.provenance(provenance)
			}
			return nil
		},
	}
	command.Flags().StringSliceVar(&options.AllowUnknown, "allow-unknown", nil, "fields of adapter_config.json that may be set though this version does not know them")
	command.Flags().BoolVar(asJSON, "json", false, "print it as JSON, every module of one adapter, every pair of several")
	command.Flags().StringVarP(&several.file, "output", "o", "", "draw how several adapters relate on an HTML page, - for stdout")
	command.Flags().BoolVar(&several.rule.Force, "force", false, "replace a file that loramerge did not make")
	command.MarkFlagsMutuallyExclusive("json", "output")
	return command
}

// inspection is a folder's summary and, of a merged one, where it comes from.
type inspection struct {
	*adapter.Summary
	Provenance *plan.Provenance `json:"provenance,omitempty"`
}

// inspectSeveral is how several adapters are related and where that is shown.
type inspectSeveral struct {
	options adapter.Options
	asJSON  bool
	file    string // of a page
	rule    overwrite.Rule
}

// relate finds out how adapters relate, and prints or draws it.
func (s *inspectSeveral) relate(c *cobra.Command, u *ui, folders []string) error {
	if err := allDiffer(folders); err != nil {
		return err
	}
	if s.file != "" && s.file != "-" {
		s.rule.Kept = append(u.adapterFiles(folders), recipeAt(s.file)...)
		if err := s.rule.CheckFile(s.file, ownPages); err != nil {
			return unwritable(c, err)
		}
	}
	progress := u.progress("reading")
	found, err := relate.Of(c.Context(), folders, relate.Options{AllowUnknown: s.options.AllowUnknown, Find: u.hub.Find, Progress: func(modules, all int, bytes, allBytes int64) {
		progress.update(run.Progress{Modules: modules, AllModules: all, Bytes: bytes, AllBytes: allBytes})
	}})
	progress.finish()
	switch {
	case err != nil:
		return err
	case s.asJSON:
		return u.json(found)
	case s.file == "":
		u.relation(found)
		return nil
	}
	var page strings.Builder
	if err := reportpage.WriteRelation(&page, found.Page(version())); err != nil {
		return err
	}
	return unwritable(c, u.writePage(page.String(), s.file, s.rule))
}
