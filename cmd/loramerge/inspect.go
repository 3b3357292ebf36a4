package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/relate"
	"github.com/loramerge/loramerge/merge/run"
)

func inspectCommand(ui *ui) *cobra.Command {
	var asJSON bool
	var options adapter.Options
	command := &cobra.Command{
		Use:   "inspect ADAPTER…",
		Short: "show what is in an adapter's folder, or how several adapters relate",
		Long: `Of one adapter, prints its modules with their ranks, scales and norms.

Of several, prints how they relate before they are merged: how large each is and what a plain sum leaves
of it, how similar the adapters are in pairs, which modules only some have, which spaces can merge them and what
stands in the way, and what ` + "`loramerge init`" + ` would draft. Beside each figure is what unrelated adapters
of the same shapes and ranks have.`,
		Example: "  loramerge inspect adapters/python\n  loramerge inspect adapters/python adapters/sql adapters/chat\n  loramerge inspect --json adapters/* | jq '.pairs[] | [.x, .y, .cosine.value]'",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 1 {
				return ui.relate(c.Context(), args, options, asJSON)
			}
			opened, err := adapter.OpenWith(args[0], options)
			if err != nil {
				return err
			}
			defer opened.Close()
			summary, err := opened.Summarize(c.Context())
			if err != nil {
				return err
			}
			provenance, merged := plan.ReadProvenance(summary.Metadata)
			if asJSON {
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
	command.Flags().BoolVar(&asJSON, "json", false, "print it as JSON, every module of one adapter, every pair of several")
	return command
}

// inspection is a folder's summary and, of a merged one, where it comes from.
type inspection struct {
	*adapter.Summary
	Provenance *plan.Provenance `json:"provenance,omitempty"`
}

// relate finds out how adapters relate, and prints it.
func (u *ui) relate(ctx context.Context, folders []string, options adapter.Options, asJSON bool) error {
	if err := allDiffer(folders); err != nil {
		return err
	}
	progress := u.progress("reading")
	found, err := relate.Of(ctx, folders, relate.Options{AllowUnknown: options.AllowUnknown, Progress: func(modules, all int, bytes, allBytes int64) {
		progress.update(run.Progress{Modules: modules, AllModules: all, Bytes: bytes, AllBytes: allBytes})
	}})
	progress.finish()
	if err != nil {
		return err
	}
	if asJSON {
		return u.json(found)
	}
	u.relation(found)
	return nil
}
