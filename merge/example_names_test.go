package merge_test

import (
	"context"
	"fmt"
	"log"

	"github.com/loramerge/loramerge/adapter/formats"
	"github.com/loramerge/loramerge/merge/compare"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// planOf plans a recipe of one sum over an adapter of testdata.
func planOf(weights string) *plan.Plan {
	text := "version: 1\nstages:\n  a: {load: python}\n  m: {sum: a, weights: " + weights + "}\n  o: {save: m, to: out}\n"
	parsed, err := recipe.Parse("recipe.yaml", []byte(text), stages.Verbs())
	if err != nil {
		log.Fatal(err)
	}
	p, err := plan.New(parsed, "../testdata/adapters", plan.Options{})
	if err != nil {
		log.Fatal(err)
	}
	return p
}

// hashed names a plan's results; the index remembers nothing, for want of a folder.
func hashed(p *plan.Plan) plan.Digests {
	inputs, err := p.Inputs(context.Background(), plan.IndexedHashes(""), 1)
	if err != nil {
		log.Fatal(err)
	}
	return p.Digests(inputs)
}

// Two results differ in name for a reason, which lies in the graph before them.
func Example_explain() {
	one, two := planOf("1"), planOf("2")
	defer one.Close()
	defer two.Close()
	for _, d := range hashed(one).Compare("o", hashed(two), "o") {
		fmt.Printf("%s: %s: %s, then %s\n", d.Stage, d.What, d.Was, d.Is)
	}
	// Output: m: weights: 1, then 2
}

// What is written in another order or form is no change.
func Example_diff() {
	one, two := planOf("1"), planOf("{default: 3}")
	defer one.Close()
	defer two.Close()
	for _, c := range plan.Diff(one.Recipe, two.Recipe) {
		fmt.Printf("%s: %s: %s, then %s\n", c.Stage, c.What, c.Was, c.Is)
	}
	// Output: m: weights: 1, then {default: 3}
}

// Two adapters that were trained for different tasks have little in common.
func Example_compare() {
	python, err := formats.Open("../testdata/adapters/python")
	if err != nil {
		log.Fatal(err)
	}
	defer python.Close()
	sql, err := formats.Open("../testdata/adapters/sql")
	if err != nil {
		log.Fatal(err)
	}
	defer sql.Close()
	c, err := compare.Adapters(context.Background(), python, sql)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d modules, cosine %.2f, opposite signs %.0f %%\n", len(c.Modules), c.Total.Cosine, 100*c.Total.Opposite)
	// Output: 9 modules, cosine -0.01, opposite signs 50 %
}
