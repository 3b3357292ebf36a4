package main

import (
	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/merge/plan"
)

func inspectCommand(ui *ui) *cobra.Command {
	var asJSON bool
	var options adapter.Options
	command := &cobra.Command{
		Use:   "inspect ADAPTER",
		Short: "show what is in an adapter's folder",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
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
	command.Flags().BoolVar(&asJSON, "json", false, "print it as JSON, every module included")
	return command
}

// inspection is a folder's summary and, of a merged one, where it comes from.
type inspection struct {
	*adapter.Summary
	Provenance *plan.Provenance `json:"provenance,omitempty"`
}
