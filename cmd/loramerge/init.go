package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/adapter/formats"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/osfile"
	"github.com/loramerge/loramerge/internal/overwrite"
	"github.com/loramerge/loramerge/merge/draft"
)

func initCommand(ui *ui) *cobra.Command {
	var out string
	var rule overwrite.Rule
	var options draft.Options
	method := methodFlag(draft.Methods[0])
	command := &cobra.Command{
		Use:   "init ADAPTER ADAPTER…",
		Short: "draft a recipe that merges adapters as they are",
		Long: `Drafts a recipe that merges adapters as they are, whatever their alphas, ranks and modules: their sum,
scaled to their mean norm, at the sum of their ranks but no more than 64. Comments in the recipe say
what a lower rank would cost.`,
		Example: "  loramerge init adapters/python adapters/sql -o merge.yaml\n  loramerge init --method slerp --rank 16 adapters/*",
		Args:    cobra.MinimumNArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			if options.Rank < 0 || options.Rank == 0 && c.Flags().Changed("rank") {
				return usage(c.CommandPath(), fmt.Errorf("a rank is a whole number of 1 or more, not %d", options.Rank))
			}
			if err := allDiffer(args); err != nil {
				return err
			}
			options.Method, options.Dir, options.Name, options.Find = string(method), filepath.Dir(out), nameOf(out), ui.hub.Find
			text, err := draft.New(c.Context(), args, options)
			if err != nil {
				return err
			}
			rule.Kept = ui.adapterFiles(args)
			return ui.recipe(c, text, out, rule)
		},
	}
	command.Flags().Var(&method, "method", "how to merge: "+strings.Join(draft.Methods, ", "))
	command.Flags().StringVar(&options.Base, "base", "", "the base model, NAME or NAME@REVISION, where the adapters name different ones: you vouch that these are one")
	command.Flags().IntVar(&options.Rank, "rank", 0, "of the merged adapter (default: the sum of the adapters' ranks, up to 64)")
	command.Flags().StringSliceVar(&options.For, "for", nil, "what will load the merged adapter, as in `save`: vllm, …")
	command.Flags().StringVar(&options.BaseConfig, "base-config", "", "the base model's config.json, or its folder: a GGUF file for llama.cpp or ollama needs it")
	command.Flags().StringVarP(&out, "output", "o", "", "the file to write; - is stdout (default: stdout)")
	command.Flags().BoolVar(&rule.Force, "force", false, "replace a file")
	return command
}

// allDiffer refuses an adapter that is named twice: what a pattern found, most likely, and not
// meant to count double.
func allDiffer(folders []string) error {
	seen := make(map[string]bool)
	for _, folder := range folders {
		at := osfile.Resolve(folder)
		if seen[at] {
			return fault.In(folder, "is named twice").Mend("name each adapter once; use `weights` in the recipe to make one count more")
		}
		seen[at] = true
	}
	return nil
}

// adapterFiles are what a recipe for adapters is not written over.
func (u *ui) adapterFiles(given []string) []overwrite.Kept {
	var all []overwrite.Kept
	for _, path := range given {
		folder, err := u.path(path)
		if err != nil {
			continue // nothing is read of it
		}
		_, files := formats.Find(folder)
		for _, path := range []string{folder, files.Weights, files.Config} {
			if path != "" {
				all = append(all, overwrite.Kept{Path: path, What: "which is read"})
			}
		}
	}
	return all
}

// nameOf is a file's name without its ending; none if there is no file.
func nameOf(file string) string {
	if file == "" || file == dash {
		return ""
	}
	return strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
}

// methodFlag is one of draft.Methods.
type methodFlag string

// Set reads the name.
func (m *methodFlag) Set(text string) error {
	_, err := choice(draft.Methods, text)
	*m = methodFlag(text)
	return err
}

func (m *methodFlag) String() string { return string(*m) }

// Type names it in the help.
func (m *methodFlag) Type() string { return "method" }

// recipe prints a recipe, or writes it to a file. One that is there is its author's, who
// may have changed a draft since.
func (u *ui) recipe(c *cobra.Command, text []byte, path string, rule overwrite.Rule) error {
	if path == "" || path == dash {
		u.print(string(text))
		return nil
	}
	if err := rule.WriteFile(path, text, overwrite.Anothers); err != nil {
		return unwritable(c, fault.Wrap(err, "the recipe can't be written"))
	}
	u.printf("wrote %s\n", path)
	return nil
}
