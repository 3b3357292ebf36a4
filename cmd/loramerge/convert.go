package main

import (
	"errors"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/merge/draft"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
)

// converting is what messages call the recipe of a conversion.
const converting = "<convert>"

func convertCommand(ui *ui) *cobra.Command {
	var c draft.Conversion
	var printed bool
	f := runFlags{stdin: true, output: runOutput{rounding: true}, memory: byteSize(run.DefaultMemory), cacheSize: byteSize(run.DefaultCacheSize), mode: run.CacheOff}
	command := &cobra.Command{
		Use:   "convert IN OUT",
		Short: "save an adapter for another program, or in another dtype",
		Long: `Saves an adapter for the programs that --for names, in their format, or in another dtype, as a recipe of two
stages does: load and save. --print prints that recipe instead. OUT is an output like any other: it carries
the recipe, and ` + "`loramerge verify OUT`" + ` recomputes it.

What the format can hold as it is, is written as it is. What rounding costs is reported.`,
		Example: "  loramerge convert adapters/python mac --for mlx\n  loramerge convert trained-on-a-mac served --for vllm --dtype bfloat16\n  loramerge convert adapters/python gguf --for ollama --base-config models/llama\n  loramerge convert --print trained-on-a-mac served --for peft > convert.yaml",
		Args:    cobra.ExactArgs(2),
		RunE: func(command *cobra.Command, args []string) error {
			c.In, c.Out = args[0], args[1]
			if len(c.For) == 0 && c.DType == "" {
				return usage(command.CommandPath(), errors.New("say what to convert it to: --for names what will load it, --dtype the dtype of its tensors"))
			}
			text, err := draft.Convert(c)
			if err != nil {
				return err
			}
			if printed {
				ui.print(string(text))
				return nil
			}
			return f.convert(command, ui, text, c.Out)
		},
	}
	command.Flags().StringSliceVar(&c.For, "for", nil, "what will load it, as in a save: mlx, vllm, peft, …")
	command.Flags().StringVar(&c.DType, "dtype", "", "of the tensors, as in a save: float32, float16, bfloat16 (default: the adapter's own)")
	command.Flags().StringVar(&c.BaseConfig, "base-config", "", "the base model's config.json, its folder or hf://OWNER/NAME, as in a save: llama.cpp and Ollama need it")
	command.Flags().BoolVar(&printed, "print", false, "print the recipe, for the current folder, and stop")
	command.Flags().BoolVar(&f.force, "force", false, "replace what is at OUT")
	return command
}

// convert runs the recipe of a conversion, which is in no file and has no lock.
func (f *runFlags) convert(c *cobra.Command, ui *ui, text []byte, out string) error {
	if _, err := os.Lstat(out); err == nil && !f.force {
		return fault.In(out, "is there already").Mend("name a folder that is not there, or replace it with --force").See("overwriting")
	}
	ui.sources[converting] = strings.Split(string(text), "\n")
	p, err := plan.LoadText(converting, text, ".", plan.Options{Force: f.force, Find: ui.hub.Find})
	if err != nil {
		return err
	}
	defer p.Close()
	if err := f.output.begin(c, ui, p, f.options()); err != nil {
		return err
	}
	defer f.output.end()
	return f.run(c, ui, p)
}
