package recipe_test

import (
	"fmt"

	"github.com/loramerge/loramerge/recipe"
)

// The verbs that an example needs; package stages declares the real ones.
var verbs = []*recipe.Verb{
	{Name: "load", Takes: recipe.TakesPaths},
	{Name: "trim", Params: []*recipe.Param{
		{Name: "density", Type: recipe.NumberType{Min: 0, Max: 1}, Default: recipe.Constant(1)},
	}},
}

func ExampleParse() {
	source := `
version: 1
stages:
  both:    {load: {python: adapters/python, sql: adapters/sql}}
  trimmed: {trim: both, density: {python: 0.7, sql: {layers: [0.2, 0.4]}}}
`
	r, err := recipe.Parse("merge.yaml", []byte(source), verbs)
	if err != nil {
		fmt.Println(err)
		return
	}
	trimmed, _ := r.Lookup("trimmed")
	density := recipe.Key[*recipe.Number]("density").Of(trimmed.Params)
	middle := recipe.Site{Module: "layers.1.q_proj", Depth: 0.5, HasDepth: true}
	fmt.Println(trimmed.Verb.Name, trimmed.Inputs[0])
	fmt.Printf("%.1f %.1f\n", density.At("python", middle), density.At("sql", middle))
	// Output:
	// trim both
	// 0.7 0.3
}
