package mergekit_test

import (
	"fmt"

	"github.com/loramerge/loramerge/internal/mergekit"
)

func ExampleImport() {
	source := `
merge_method: linear
models:
  - {model: base+python, parameters: {weight: 0.6}}
  - {model: base+sql, parameters: {weight: [0, 1]}}
tokenizer_source: union
`
	recipe, notes, err := mergekit.Import([]byte(source), mergekit.Options{
		File:    "mergekit.yml",
		Modules: func(string) ([]string, error) { return []string{"layers.0.q_proj"}, nil },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, note := range notes {
		fmt.Println("note:", note)
	}
	fmt.Print(string(recipe))
	// Output:
	// note: mergekit.yml:6:1: tokenizer_source is not carried over: an adapter has no tokenizer; take the tokenizer from the base model
	// # Imported from "mergekit.yml" (linear) by `loramerge import`.
	// # Like mergekit it merges what the adapters change, ΔW = s·B·A; one that lacks a module changes nothing there.
	// version: 1
	// base: base
	// stages:
	//   adapters:
	//     load:
	//       python: python
	//       sql: sql
	//   deltas:
	//     delta: adapters
	//   combined:
	//     average: deltas
	//     weights: {python: 0.6, sql: {layers: [0, 1], default: 0}}
	//     missing: zero
	//   # mergekit keeps a whole model. An adapter has a rank: write that of the inputs.
	//   merged:
	//     factor: combined
	//     rank: 16
	//   out:
	//     save: merged
	//     to: out/merged
}
