// Command testgen makes up adapters for examples, tests and benchmarks. The same
// arguments give the same bytes.
//
//	go run ./internal/testgen
//
// rewrites testdata/adapters and testdata/evaluator/heldout, which are committed: run it after a
// change of package gen. It is started in the repository's folder.
//
//	go run ./internal/testgen -shape mistral-7b -rank 16 -count 8 -dtype bf16 -o DIR
//
// writes DIR/task-1 … DIR/task-8 with the modules of a real model, 84 MB each in
// bfloat16 at rank 16, for timing merges.
package main

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/internal/testgen/gen"
)

var shapes = map[string]func() []gen.Module{"tiny": gen.Tiny, "mistral-7b": gen.Mistral7B, "llama-1b": gen.Llama1B, "qwen3-30b-a3b": gen.Qwen30BA3B}

var dtypes = map[string]safetensors.DType{"f32": safetensors.F32, "f16": safetensors.F16, "bf16": safetensors.BF16}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "testgen:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	flags := flag.NewFlagSet("testgen", flag.ExitOnError)
	shape := flags.String("shape", "", "the model whose modules to write: "+words(shapes))
	dtype := flags.String("dtype", "bf16", "of the tensors: "+words(dtypes))
	rank := flags.Int("rank", 16, "of every module; alpha is twice the rank")
	count := flags.Int("count", 1, "how many adapters")
	dir := flags.String("o", "", "the folder to write to")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *shape == "" {
		if flags.NFlag() > 0 {
			return errors.New("without -shape the committed adapters are written, which have no options; add -shape")
		}
		if err := writeAll(filepath.Join("testdata", "adapters"), gen.Examples()); err != nil {
			return err
		}
		return writeHeldout(filepath.Join("testdata", "evaluator", "heldout"))
	}
	modules, ok := shapes[*shape]
	if !ok {
		return fmt.Errorf("there is no shape %q; choose %s", *shape, words(shapes))
	}
	element, ok := dtypes[*dtype]
	if !ok {
		return fmt.Errorf("there is no dtype %q; choose %s", *dtype, words(dtypes))
	}
	if *rank < 1 || *count < 1 || *dir == "" {
		return errors.New("-shape needs -o DIR, and -rank and -count of at least 1")
	}
	return writeAll(*dir, tasks(*count, gen.Spec{
		Base: "loramerge/" + *shape, Modules: modules(), Rank: *rank, Alpha: 2 * *rank, DType: element,
	}))
}

// tasks are adapters that differ in name alone, and so in their values.
func tasks(count int, spec gen.Spec) []gen.Spec {
	specs := make([]gen.Spec, count)
	for i := range specs {
		specs[i] = spec
		specs[i].Name = fmt.Sprintf("task-%d", i+1)
	}
	return specs
}

// writeAll writes each adapter to a folder of its name.
func writeAll(dir string, specs []gen.Spec) error {
	for _, spec := range specs {
		if err := gen.Write(filepath.Join(dir, spec.Name), spec); err != nil {
			return err
		}
	}
	return nil
}

// writeHeldout writes what the tutorial's evaluator asks.
func writeHeldout(dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for name, text := range gen.HeldoutExamples() {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o666); err != nil {
			return err
		}
	}
	return nil
}

func words[V any](table map[string]V) string {
	return strings.Join(slices.Sorted(maps.Keys(table)), ", ")
}
