package recipe_test

import (
	"fmt"

	"github.com/loramerge/loramerge/recipe"
)

func ExampleParseWith() {
	source := `
version: 1
vars: {density: 0.5}
stages:
  python:  {load: adapters/python}
  trimmed: {trim: python, density: "${density}"}
`
	r, err := recipe.ParseWith("merge.yaml", []byte(source), verbs, map[string]string{"density": "0.3"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(string(r.Canonical()))
	// Output:
	// version: 1
	// seed: 0
	// stages:
	//   python: {load: "adapters/python"}
	//   trimmed: {trim: python, density: 0.3}
}
