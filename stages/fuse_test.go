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
		_, votes := d.drawWeights(t, 0.25, 1, 2, 0)
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
		fused, in, ok := c.fuse(t)
		if !ok {
			t.Fatal("not fused")
		}
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
func (c *course) fuse(t rapid.TB) (fused stages.Op, in flow, ok bool) {
	written := c.recipe.Stages[len(c.recipe.Stages)-3:]
	made := make([]stages.Op, 3)
	for i, s := range written {
		kind, _ := stages.Find(s.Verb.Name)
		var err error
		if made[i], _, err = kind.Bind(stages.Spec{Stage: s, Recipe: c.recipe, In: types(c.slots(s))}); err != nil {
			t.Fatal(err)
		}
	}
	fused, ok = stages.Fuse(made[0], made[1], made[2])
	return fused, c.slots(written[0])[0], ok
}

// TestFuseNot: what one pass can't do is left to three stages.
func TestFuseNot(t *testing.T) {
	inputs := map[string]flow{"a": flowOf("a", []float32{1, 2}), "b": flowOf("b", []float32{-1, 1})}
	for _, elect := range []string{"by: frequency", "tie: majority", "weights: {a: 1, b: -1}", "weights: {default: 1, modules: {m: {layers: [1, -1], default: 0}}}"} {
		c := newCourse(inputs, 1)
		if _, err := c.play("x: {trim: [a, b], density: 0.5}", "y: {elect: x, "+elect+"}", "m: {average: y}"); err != nil {
			t.Fatal(err)
		}
		if _, _, ok := c.fuse(t); ok {
			t.Errorf("%s is done in one pass", elect)
		}
	}
}
