package main

import (
	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/adapter"
)

func inspectCommand(ui *ui) *cobra.Command {
	var asJSON bool
	command := &cobra.Command{
		Use:   "inspect ADAPTER",
		Short: "tell what an adapter's folder holds",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			opened, err := adapter.Open(args[0])
			if err != nil {
				return err
			}
			defer opened.Close()
			summary, err := opened.Summarize(c.Context())
			if err != nil {
				return err
			}
			if asJSON {
				return ui.json(summary)
			}
			ui.adapter(summary)
			return nil
		},
	}
	command.Flags().BoolVar(&asJSON, "json", false, "print it as JSON, every module included")
	return command
}
