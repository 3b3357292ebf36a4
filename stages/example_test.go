package stages_test

import (
	"context"
	"fmt"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// A verb is found in the table, bound to what flows in, and applied to one module.
func Example() {
	const text = "version: 1\nstages:\n  both: {load: {x: path/x, y: path/y}}\n  m: {average: both, weights: {x: 1, y: 3}}\n"
	parsed, err := recipe.Parse("recipe.yaml", []byte(text), stages.Verbs())
	if err != nil {
		panic(err)
	}
	written := parsed.Stages[1]
	kind, _ := stages.Find(written.Verb.Name)

	module := &adapter.Module{Name: "q_proj", Rank: 1, Alpha: 1, Scale: 1,
		A: adapter.Tensor{DType: adapter.F32, Shape: []int{1, 2}}, B: adapter.Tensor{DType: adapter.F32, Shape: []int{1, 1}}}
	flows := stages.Type{Members: []stages.Member{{Name: "x", Modules: []*adapter.Module{module}}, {Name: "y", Modules: []*adapter.Module{module}}}}
	op, out, err := kind.Bind(stages.Spec{Stage: written, Recipe: parsed, In: []stages.Type{flows}})
	if err != nil {
		panic(err)
	}
	part := func(name string, a ...float32) stages.Part {
		return stages.Part{Adapter: name, A: stages.Matrix{Rows: 1, Cols: 2, Data: a}, B: stages.Matrix{Rows: 1, Cols: 1, Data: []float32{1}}}
	}
	env := stages.Env{Site: recipe.Site{Module: "q_proj"}, Memory: stages.Heap{}, Workers: 1}
	value, err := stages.Apply(context.Background(), op, module.Form, env, []stages.Value{{part("x", 4, 0), part("y", 0, 8)}})
	if err != nil {
		panic(err)
	}
	fmt.Println(out.Names(), out.Space, value[0].A.Data, value[0].B.Data)
	// Output: [m] factors [1 6] [1]
}
