package stages_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/loramerge/loramerge/stages"
	"pgregory.net/rapid"
)

// TestFuse: trim, elect and average in one pass have the very bits of the three.
func TestFuse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawAdapters(t, rapid.IntRange(1, 4).Draw(t, "adapters"), coarse)
		_, votes := d.drawWeights(t, 0.25, 1, 2, 0, -1)
		_, weights := d.drawWeights(t, 0.3, 1, 2, 0, -1)
		lines := []string{
			fmt.Sprintf("x: {trim: %s, density: %v}", d.list(), rapid.Float64Range(0, 1).Draw(t, "density")),
			fmt.Sprintf("y: {elect: x, tie: %s, weights: %s}", rapid.SampledFrom([]string{"drop", "positive"}).Draw(t, "tie"), votes),
			fmt.Sprintf("m: {average: y, over: %s, weights: %s}", rapid.SampledFrom([]string{"all", "agreeing", "weights"}).Draw(t, "over"), weights),
		}
		c := newCourse(d.flows, 1)
		out, err := c.play(lines...)
		if err != nil {
			t.Fatal(err)
		}
		fused, in := c.fuse(t)
		values, err := c.apply(fused, out.Type, []flow{in})
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(fingerprint(flow{out.Type, values}), fingerprint(out)) {
			t.Errorf("%v: other bytes", lines)
		}
	})
}

// fuse makes one stage of the last three, and gives what flows into the first of them.
func (c *course) fuse(t rapid.TB) (stages.Stage, flow) {
	written := c.recipe.Stages[len(c.recipe.Stages)-3:]
	made := make([]stages.Stage, 3)
	for i, s := range written {
		kind, _ := stages.Find(s.Verb.Name)
		made[i] = kind.New(stages.Setting{Stage: s, Recipe: c.recipe})
		if _, err := made[i].Check(types(c.slots(s))); err != nil {
			t.Fatal(err)
		}
	}
	fused, ok := stages.Fuse(made[0], made[1], made[2])
	if !ok {
		t.Fatal("not fused")
	}
	return fused, c.slots(written[0])[0]
}
