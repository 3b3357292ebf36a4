package stages_test

import (
	"strings"
	"testing"

	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// TestScratch: what a verb takes from Memory at one module and does not give back is
// no more than its result and the scratch that it declares, which is what a run's
// budget counts on.
func TestScratch(t *testing.T) {
	for _, kind := range stages.All {
		if kind.Bind == nil || kind.Takes == recipe.TakesPaths {
			continue
		}
		t.Run(kind.Name, func(t *testing.T) {
			for _, held := range ways {
				inputs := exampleInputs(t, held, normal)
				if !accepts(t, kind.Example, inputs) {
					continue
				}
				checkScratch(t, held, kind, kind.Example, inputs)
				if kind.Declares("missing") {
					inputs["sql"] = inputs["sql"].without(gap)
					checkScratch(t, held+" with a gap", kind, strings.TrimSuffix(kind.Example, "}")+", missing: zero}", inputs)
				}
			}
		})
	}
}

func checkScratch(t *testing.T, held string, kind *stages.Kind, example string, inputs map[string]flow) {
	t.Helper()
	c := newCourse(inputs, 1)
	if _, err := c.play("m: " + example); err != nil {
		t.Fatal(err)
	}
	s := c.recipe.Stages[len(inputs)]
	in := c.slots(s)
	op, out, err := kind.Bind(stages.Spec{Stage: s, Recipe: c.recipe, In: types(in)})
	if err != nil {
		t.Fatal(err)
	}
	for _, site := range stages.Sites(out.Union()) {
		memory := new(poison)
		env := stages.Env{Site: site, Space: in[0].Space, Memory: memory, Workers: 1}
		if _, err := applyAt(op, in[0].example(site.Module), env, in); err != nil {
			t.Fatal(err)
		}
		promised := out.Bytes(site.Module)
		if s, ok := op.(stages.Scratcher); ok {
			promised += s.Scratch(site.Module)
		}
		if memory.most > promised {
			t.Errorf("%s: %d bytes taken at %s, %d promised", held, memory.most, site.Module, promised)
		}
	}
}
